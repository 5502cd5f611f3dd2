[
  (block)
  (layer_body)
  (optimizer_body)
  (train_body)
  (list)
  (arguments)
  (parameters)
  (record)
] @indent

(_ "{" "}" @end) @indent
(_ "[" "]" @end) @indent
(_ "(" ")" @end) @indent
