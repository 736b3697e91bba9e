"""From downloads to a stack: a plan first, then block by block in one pass over the inputs.

In: products and DEMs. Out: a stack, and masks of what was left out. Imports `common`, `raster`,
`stack`, `products` and `models`.
"""
