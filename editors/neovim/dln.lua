-- ~/.config/nvim/plugin/dln.lua, for Neovim 0.9 and later: file type, tree-sitter where its parser is built, and `dln lsp` where `dln` is installed.
-- The parser: `mkdir -p ~/.config/nvim/parser`, then `cc -shared -fPIC -o ~/.config/nvim/parser/dln.so -Isrc src/parser.c src/scanner.c` in editors/tree-sitter-dln;
-- the queries: copy queries/*.scm there to ~/.config/nvim/queries/dln/.

vim.filetype.add({ extension = { dln = 'dln' } })

vim.api.nvim_create_autocmd('FileType', {
  pattern = 'dln',
  callback = function(event)
    vim.bo[event.buf].commentstring = '# %s'
    vim.bo[event.buf].shiftwidth = 2
    vim.bo[event.buf].expandtab = true
    pcall(vim.treesitter.start, event.buf, 'dln')
    if vim.fn.executable('dln') == 1 then
      vim.lsp.start({ name = 'dln', cmd = { 'dln', 'lsp' }, root_dir = vim.fs.dirname(event.file) })
    end
  end,
})
