[
  (block)
  (layer_body)
  (optimizer_body)
  (train_body)
  (list)
  (arguments)
  (parameters)
  (record)
] @indent.begin

["}" "]" ")"] @indent.branch @indent.end
(comment) @indent.ignore
