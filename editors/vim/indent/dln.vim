if exists('b:did_indent')
  finish
endif
let b:did_indent = 1

setlocal indentexpr=DlnIndent(v:lnum) indentkeys=0{,0},0),0],!^F,o,O,0=\|>,0=>>

" One step deeper behind a line that opens a bracket or ends in `=`, and for a line that goes on with the one before.
function! DlnIndent(line) abort
  let l:before = prevnonblank(a:line - 1)
  if l:before == 0
    return 0
  endif
  let l:text = substitute(getline(l:before), '\s*#.*$', '', '')
  let l:here = getline(a:line)
  let l:indent = indent(l:before)
  let l:continued = '^\s*\%(|>\|>>\)'
  if l:text =~# '[{(\[]$' || l:text =~# '\%(^\|[^=<>!]\)=$'
    let l:indent += shiftwidth()
  elseif l:here =~# l:continued && l:text !~# l:continued
    let l:indent += shiftwidth()
  elseif l:text =~# l:continued && l:here !~# l:continued
    let l:indent -= shiftwidth()
  endif
  return l:here =~# '^\s*[})\]]' ? l:indent - shiftwidth() : l:indent
endfunction
