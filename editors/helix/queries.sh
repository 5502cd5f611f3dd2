#!/bin/sh
# The queries of tree-sitter with the names that Helix has for colours. A name that is nothing else is left in the colour of text: before
# version 25.07 the first pattern wins in Helix, and it would take them all.
set -e
here=$(dirname "$0")
from="$here/../tree-sitter-dln/queries"
mkdir -p "$here/queries/dln"
sed -e '/^(identifier) @variable$/d' -e 's/@number.float/@constant.numeric.float/g' -e 's/@number/@constant.numeric/g' -e 's/@boolean/@constant.builtin.boolean/g' \
  -e 's/@module/@namespace/g' -e 's/@property/@variable.other.member/g' -e 's/@string.escape/@constant.character.escape/g' \
  -e 's/@keyword.conditional/@keyword.control.conditional/g' -e 's/@keyword.repeat/@keyword.control.repeat/g' \
  -e 's/@keyword.return/@keyword.control.return/g' -e 's/@function.method.call/@function.method/g' -e 's/@function.call/@function/g' \
  -e 's/@type.definition/@type/g' -e 's/@comment.documentation/@comment.block.documentation/g' \
  "$from/highlights.scm" > "$here/queries/dln/highlights.scm"
cp "$from/injections.scm" "$from/locals.scm" "$here/indents.scm" "$here/textobjects.scm" "$here/queries/dln/"
