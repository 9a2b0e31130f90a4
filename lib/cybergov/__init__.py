"""Tables, measures and checks behind the executable companion to Cai and Zhang (2024).

Floors, from the lowest; a module imports only from floors below it:

1. `data`: tables by name, typed and validated
2. `checks`: what must hold between the tables; `measures`: pure functions on arrays and frames
3. `charts`, `tables`: how a chapter shows what it found; `codebook`: what the tables hold and miss
4. `findings`: the ledger; declare, record, decide, check
5. `run`: chapters executed, fresh or stale
6. `pages`, `cli`: the book's Sphinx extension and the command ``cybergov``
"""
