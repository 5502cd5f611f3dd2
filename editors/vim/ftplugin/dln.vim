if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal comments=:##,:# commentstring=#\ %s
setlocal expandtab shiftwidth=2 softtabstop=2 textwidth=120
setlocal formatoptions-=t formatoptions+=croql
setlocal suffixesadd=.dln
setlocal makeprg=dln\ check\ %:S
" ariadne's place: ╭─[ file:line:column ]
setlocal errorformat=%Eerror[%m,%Wwarning[%m,%C%.%#─[\ %f:%l:%c\ ],%C%.%#,%-G%.%#

let b:undo_ftplugin = 'setlocal comments< commentstring< expandtab< shiftwidth< softtabstop< textwidth< formatoptions< suffixesadd< makeprg< errorformat<'
