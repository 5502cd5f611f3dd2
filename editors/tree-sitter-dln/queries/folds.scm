[
  (block)
  (layer_body)
  (optimizer_body)
  (train_body)
  (list)
  (arguments)
  (record)
] @fold
