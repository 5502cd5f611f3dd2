; `maf`, `mif`, `]f` and the like: functions and methods; `t`: layers, optimizers and trainings; `a`: arguments and parameters; `T`: tests.
(function body: (_) @function.inside) @function.around
(method body: (_) @function.inside) @function.around
(lambda body: (_) @function.inside) @function.around

(layer body: (_) @class.inside) @class.around
(optimizer body: (_) @class.inside) @class.around
(train body: (_) @class.inside) @class.around

(parameters (parameter) @parameter.inside @parameter.around)
(arguments (_) @parameter.inside @parameter.around)

(test body: (_) @test.inside) @test.around

(comment) @comment.inside
(comment)+ @comment.around
