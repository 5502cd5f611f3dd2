if exists('b:did_indent')
  finish
endif
let b:did_indent = 1

setlocal indentexpr=DlnIndent(v:lnum) indentkeys=0{,0},0),0],!^F,o,O,0=\|>,0=>>,0=where

" A line that goes on with the one before begins so, or the one before ends so.
let s:begins = '^\s*\%(|>\|>>\|:>\|->\|\.\[\|[+*/%@]\|==\|\%(and\|or\|where\|over\|with\|backward\|else\)\>\%((\|\s*=\)\@!\)'
let s:ends = '\%([=+*/%@-]\|[|>]>\|->\|\<and\|\<or\|\<where\||\)$'

function! s:Code(line) abort
  return substitute(substitute(getline(a:line), '\s*#.*$', '', ''), '\s\+$', '', '')
endfunction

function! s:Inside() abort
  let l:before = getline('.')[: col('.') - 1]
  return l:before =~# '#' || count(substitute(l:before, '\\.', '', 'g'), '"') % 2 == 1
endfunction

" Line and column of the innermost bracket that is open where a line begins.
function! s:Opener(line) abort
  let l:view = winsaveview()
  call cursor(a:line, 1)
  let l:found = searchpairpos('[({[]', '', '[)}\]]', 'bW', 's:Inside()')
  call winrestview(l:view)
  return l:found
endfunction

" Line and column of the bracket around the one at a place.
function! s:Around(line, column) abort
  let l:view = winsaveview()
  call cursor(a:line, a:column)
  let l:found = searchpairpos('[({[]', '', '[)}\]]', 'bW', 's:Inside()')
  call winrestview(l:view)
  return l:found
endfunction

" The indent of the statement that an opening bracket is part of: others may be open where its line begins, and closed before it.
function! s:Base(line, column) abort
  let [l:line, l:around] = [a:line, s:Around(a:line, a:column)]
  while 1
    let [l:at, l:column] = s:Opener(l:line)
    if l:at > 0 && getline(l:at)[l:column - 1] !=# '{'
      if [l:at, l:column] == l:around
        break
      endif
      let l:line = l:at
    elseif s:Before(l:line) > l:at && s:Code(s:Before(l:line)) =~# ',$'
      let l:line = s:Before(l:line)
    else
      break
    endif
  endwhile
  return indent(l:line) - (getline(l:line) =~# '^\s*\%(where\>\|->\)' ? shiftwidth() : 0)
endfunction

function! s:Before(line) abort
  let l:before = prevnonblank(a:line - 1)
  while l:before > 0 && s:Code(l:before) ==# ''
    let l:before = prevnonblank(l:before - 1)
  endwhile
  return l:before
endfunction

function! DlnIndent(line) abort
  let l:text = getline(a:line)
  let [l:opener, l:column] = s:Opener(a:line)
  if l:text =~# '^\s*[})\]]'
    return l:opener > 0 ? s:Base(l:opener, l:column) : 0
  endif
  if l:opener > 0 && getline(l:opener)[l:column - 1] !=# '{' && s:Code(l:opener)[l:column :] =~# '\S'
    return l:column
  endif
  let l:indent = l:opener > 0 ? s:Base(l:opener, l:column) + shiftwidth() : 0
  let l:before = s:Before(a:line)
  if l:text =~# '^\s*else\>' && s:Code(l:before) =~# '^\s*\%(if\|else\)\>'
    return indent(l:before)
  endif
  " A comma at the end goes on with a list of names; between brackets it ends an element.
  let l:ends = l:opener == 0 || getline(l:opener)[l:column - 1] ==# '{' ? s:ends . '\|,$' : s:ends
  let l:goes_on = l:text =~# s:begins || (l:before >= max([l:opener, 1]) && s:Code(l:before) =~# l:ends)
  return l:indent + (l:goes_on ? shiftwidth() : 0)
endfunction
