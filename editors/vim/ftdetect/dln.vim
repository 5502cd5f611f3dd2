autocmd BufRead,BufNewFile *.dln setfiletype dln
