; Later patterns win; but for names, calls of members and the words for types no two colour the same thing, for editors in which the first wins.

(identifier) @variable
((comment) @comment (#not-match? @comment "^##"))
((comment) @comment.documentation (#match? @comment.documentation "^##"))

(integer) @number
(float) @number.float
(boolean) @boolean
(hole) @constant.builtin
(string) @string
(escape) @string.escape
(interpolation) @string.special

[
  "use" "hyper" "let" "layer" "optimizer" "train" "test" "param" "buffer" "state"
] @keyword
"fn" @keyword.function
["if" "else"] @keyword.conditional
["for" "in" "scan" "repeat" "while" "each" "over" "backward" "max"] @keyword.repeat
"yield" @keyword.return
["as" "where" "with" "to"] @keyword
["minimize" "log" "save" "assert" "step" "validate" "every" "stop" "after" "without"] @keyword
(unit) @keyword
(direction) @keyword
["and" "or" "not"] @keyword.operator

[
  "+" "-" "*" "/" "//" "%" "@" "**" "==" "!=" "<" "<=" ">" ">=" "|>" ">>" ":>" "->" "<-" "=" ".." "..=" "|" "||"
] @operator
["(" ")" "[" "]" "{" "}" ".["] @punctuation.bracket
["," "." ":" ";"] @punctuation.delimiter

(module (identifier) @module)
(imported name: (identifier) @variable)
(hyper name: (identifier) @constant)
(let name: (identifier) @variable)

(function name: (identifier) @function)
(method name: (identifier) @function.method)
(layer name: (identifier) @type.definition)
(optimizer name: (identifier) @type.definition)
(store name: (identifier) @property)
(field_definition name: (identifier) @property)
(train name: (identifier) @function)
(step name: (identifier) @function)
(size name: (identifier) @type.parameter)

(parameter name: (identifier) @variable.parameter)
(names (identifier) @variable.parameter)
(labelled name: (identifier) @variable.parameter)
(type_entry name: (identifier) @property)
(binding name: (identifier) @variable.parameter)

(type_name) @type
((type_name) @type.builtin
  (#any-of? @type.builtin
    "Int" "Float" "Bool" "Str" "Axis" "Shape" "Schedule" "Fn" "Layer" "List" "Optimizer" "Dataset" "DType" "Any"
    "f16" "bf16" "f32" "f64" "i32" "i64" "u8" "bool" "idx" "any"))

((call function: (identifier) @function.call) (#not-match? @function.call "^[A-Z]"))
((call function: (identifier) @constructor) (#match? @constructor "^[A-Z]"))
((index base: (identifier) @constructor) (#match? @constructor "^[A-Z]"))
(call function: (index base: (identifier) @constructor))
(member name: (identifier) @property)
(call function: (member name: (identifier) @function.method.call))
(metric (identifier) @property)

(axis) @variable.parameter
(pattern reduction: (identifier) @function.call)
(rest) @operator
(dim_rest (identifier) @type.parameter)
