#!/bin/sh
# The queries of tree-sitter with the names that Helix has for colours.
set -e
here=$(dirname "$0")
from="$here/../tree-sitter-dln/queries"
mkdir -p "$here/queries/dln"
sed -e 's/@number.float/@constant.numeric.float/' -e 's/@number/@constant.numeric/' -e 's/@boolean/@constant.builtin.boolean/' \
  -e 's/@module/@namespace/' -e 's/@property/@variable.other.member/' -e 's/@string.escape/@constant.character.escape/' \
  -e 's/@keyword.conditional/@keyword.control.conditional/' -e 's/@keyword.repeat/@keyword.control.repeat/' \
  -e 's/@keyword.return/@keyword.control.return/' -e 's/@function.method.call/@function.method/' -e 's/@function.call/@function/' \
  -e 's/@type.definition/@type/' -e 's/@comment.documentation/@comment.block.documentation/g' \
  "$from/highlights.scm" > "$here/queries/dln/highlights.scm"
cp "$from/injections.scm" "$from/locals.scm" "$here/queries/dln/"
