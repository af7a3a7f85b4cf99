"""A second opinion on the profit statement: the definitions in plain Python, on small random shops.

`shops` makes a shop from a seed, `contract` says which of its rows count, `facts` what the accepted rows mean,
`costing` how cost pools reach customers, `statement` puts it all on the lines of the statement. Nothing here reads a
model: what is followed are the design, `docs/costing.md` and the descriptions of the models. `warehouse` runs the
models' own SQL on the same shop, `differences` compares.
"""
