#!/bin/sh
# The queries that Zed and tree-sitter share.
set -e
here=$(dirname "$0")
cp "$here/../tree-sitter-dln/queries/highlights.scm" "$here/../tree-sitter-dln/queries/injections.scm" "$here/languages/dln/"
