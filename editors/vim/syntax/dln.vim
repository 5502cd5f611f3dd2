if exists('b:current_syntax')
  finish
endif

syntax keyword dlnDeclaration use hyper let fn layer optimizer train test param buffer
syntax keyword dlnConditional if else
syntax keyword dlnRepeat for in scan repeat while each
syntax keyword dlnKeyword where yield as
syntax keyword dlnOperatorWord and or not
syntax keyword dlnBoolean true false

" Words that are keywords where they stand so, and names elsewhere.
syntax match dlnStatement /\%(^\|[{;]\)\s*\zs\%(minimize\|log\|save\|assert\|state\|step\|validate\|every\|stop\)\>\ze\%(\s*\%([=,]\|<-\|\.\.\@!\)\)\@!\%((.*)\s*$\)\@!/
syntax match dlnTraining /\%([A-Za-z0-9_)\]}"]\s\+\)\@<=\<\%(over\|with\|max\|to\|backward\|epochs\|epoch\|steps\|step\|after\|without\|best\|highest\|lowest\|better\|higher\|lower\)\>\%(\s*[=:,.(]\)\@!/
syntax match dlnTraining /\<with\ze\s*(/
syntax match dlnTraining /^\s*\zs\%(over\|with\|backward\)\ze\s\+[A-Za-z0-9_(]/

syntax match dlnNumber /\<[0-9][0-9_]*\%(\.[0-9][0-9_]*\)\=\%([eE][+-]\=[0-9][0-9_]*\)\=\>/
syntax match dlnHole /\<_\>/
syntax match dlnOperator /|>\|>>\|:>\|->\|<-\|\*\*\|\/\/\|==\|!=\|<=\|>=\|\.\.=\|\.\.\|||\|[-+*\/%@<>=|]/
syntax match dlnMember /\.\@<!\.[A-Za-z_]\w*/ contains=NONE
syntax match dlnName /[A-Za-z_]\w*\ze(/
syntax match dlnFunction /\%(\<fn\s\+\)\@<=[A-Za-z_]\w*/
syntax match dlnLayer /\%(\<\%(layer\|optimizer\)\s\+\)\@<=[A-Za-z_]\w*/
syntax match dlnLabel /\%([(,]\s*\)\@<=[A-Za-z_]\w*\ze\s*:>\@!/
syntax keyword dlnType Int Float Bool Str Axis Shape Schedule Fn Layer List Optimizer Dataset DType Any
syntax match dlnElement /\<\%(f16\|bf16\|f32\|f64\|i32\|i64\|u8\|bool\|idx\|any\)\>\ze\s*[[<]/

syntax match dlnComment /#.*$/ contains=dlnTodo,@Spell
syntax match dlnDocumentation /##.*$/ contains=@Spell
syntax match dlnEscape /\\./ contained
syntax match dlnInterpolation /{[A-Za-z_]\w*}/ contained
syntax region dlnString start=/"/ skip=/\\./ end=/"/ oneline contains=dlnEscape,dlnInterpolation
syntax match dlnAxis /[A-Za-z_]\w*/ contained
syntax region dlnPattern matchgroup=dlnOperator start=/\.\[/ end=/\]/ contains=dlnAxis,dlnNumber,dlnOperator

highlight default link dlnDeclaration Keyword
highlight default link dlnConditional Conditional
highlight default link dlnRepeat Repeat
highlight default link dlnKeyword Keyword
highlight default link dlnStatement Statement
highlight default link dlnTraining Statement
highlight default link dlnOperatorWord Operator
highlight default link dlnBoolean Boolean
highlight default link dlnNumber Number
highlight default link dlnHole Special
highlight default link dlnOperator Operator
highlight default link dlnName Function
highlight default link dlnFunction Function
highlight default link dlnLayer Structure
highlight default link dlnLabel Identifier
highlight default link dlnType Type
highlight default link dlnElement Type
highlight default link dlnComment Comment
highlight default link dlnDocumentation SpecialComment
highlight default link dlnEscape SpecialChar
highlight default link dlnInterpolation Special
highlight default link dlnString String
highlight default link dlnAxis Identifier

let b:current_syntax = 'dln'
