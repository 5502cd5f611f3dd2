[(function) (method) (lambda) (block) (layer) (optimizer) (train) (step) (validate) (comprehension)] @local.scope

(function name: (identifier) @local.definition.function)
(method name: (identifier) @local.definition.function)
(layer name: (identifier) @local.definition.type)
(optimizer name: (identifier) @local.definition.type)
(let name: (identifier) @local.definition.var)
(hyper name: (identifier) @local.definition.var)
(imported name: (identifier) @local.definition.import)
(parameter name: (identifier) @local.definition.parameter)
(size name: (identifier) @local.definition.parameter)
(store name: (identifier) @local.definition.field)
(field_definition name: (identifier) @local.definition.field)
(names (identifier) @local.definition.parameter)
(assignment name: (identifier) @local.definition.var)
(binding name: (identifier) @local.definition.var)
(clause name: (identifier) @local.definition.var)
(for_statement name: (identifier) @local.definition.var)
(scan name: (identifier) @local.definition.var)
(repeat name: (identifier) @local.definition.var)
(each name: (identifier) @local.definition.var)

(identifier) @local.reference
