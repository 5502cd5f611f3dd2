#!/bin/sh
# Parses every .dln file of the library and the examples; tells those with an error node.
cd "$(dirname "$0")" || exit 2
paths=$(mktemp)
find ../../stdlib ../../examples -name '*.dln' | sort > "$paths"
tree-sitter parse --quiet --stat --paths "$paths"
status=$?
rm -f "$paths"
exit $status
