(function "fn" @context name: (identifier) @name) @item
(layer "layer" @context name: (identifier) @name) @item
(method name: (identifier) @name) @item
(optimizer "optimizer" @context name: (identifier) @name) @item
(train "train" @context name: (identifier) @name) @item
(test "test" @context name: (string) @name) @item
(let "let" @context name: (identifier) @name) @item
(hyper "hyper" @context name: (identifier) @name) @item
