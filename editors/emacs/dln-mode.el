;;; dln-mode.el --- The deep-learning language dln  -*- lexical-binding: t; -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "26.1"))
;; Keywords: languages

;;; Commentary:

;; Colours, indentation and `dln check' for .dln files:
;;
;;   (add-to-list 'load-path "editors/emacs")
;;   (require 'dln-mode)
;;
;; With eglot, the language server is started by \\[eglot], where the installed dln has the command `dln lsp'.

;;; Code:

(defgroup dln nil "The deep-learning language dln." :group 'languages)

(defcustom dln-command "dln" "The command `dln'." :type 'string)
(defcustom dln-indent-offset 2 "Columns of one level." :type 'integer :safe #'integerp)

(defconst dln-keywords
  '("use" "hyper" "let" "fn" "layer" "optimizer" "train" "test" "param" "buffer"
    "if" "else" "for" "in" "scan" "repeat" "while" "each" "where" "yield" "as" "and" "or" "not"))

(defconst dln-statements '("minimize" "log" "save" "assert" "state" "step" "validate" "every" "stop")
  "Words that begin a statement or a part of a training, and are names elsewhere.")

(defconst dln-infix
  '("over" "with" "max" "to" "backward" "epochs" "epoch" "steps" "step" "after" "without"
    "best" "highest" "lowest" "better" "higher" "lower")
  "Words that stand behind an operand, and are names elsewhere.")

(defconst dln-constants '("true" "false" "_"))

(defconst dln-types
  '("Int" "Float" "Bool" "Str" "Axis" "Shape" "Schedule" "Fn" "Layer" "List" "Optimizer" "Dataset" "DType" "Any"
    "f16" "bf16" "f32" "f64" "i32" "i64" "u8" "bool" "idx" "any"))

(defconst dln-operators
  '("|>" ">>" ":>" "->" "<-" "**" "//" "==" "!=" "<=" ">=" "..=" ".." "||" ".[" "+" "-" "*" "/" "%" "@" "<" ">" "=" "|"))

(defvar dln-infix-regexp (regexp-opt dln-infix 'symbols))

(defun dln-search-infix (limit)
  "Find a word of `dln-infix' that stands behind an operand, up to LIMIT."
  (let (found)
    (while (and (not found) (re-search-forward dln-infix-regexp limit t))
      (let ((start (match-beginning 0))
            (not-infix (if (equal (match-string 0) "with") "[ \t]*[]=:,.]" "[ \t]*[]=:,.(]")))
        (setq found
              (save-match-data
                (and (not (looking-at-p not-infix))
                     (save-excursion
                       (goto-char start)
                       (looking-back "[])}\"[:alnum:]_][ \t]+" (line-beginning-position))))))))
    found))

(defvar dln-font-lock-keywords
  `(("##.*$" 0 font-lock-doc-face t)
    (,(concat "\\(?:^\\|[{;]\\)\\s-*\\(" (regexp-opt dln-statements) "\\)\\_>\\(?:\\s-+[^-=<,.]\\|(.*{\\)")
     1 font-lock-keyword-face)
    (dln-search-infix . font-lock-keyword-face)
    ("[^.\n]\\.\\(\\(?:\\sw\\|\\s_\\)+\\)" 1 font-lock-variable-name-face)
    ("\\_<[0-9][0-9_]*\\(?:\\.[0-9][0-9_]*\\)?\\(?:[eE][-+]?[0-9]+\\)?\\_>" . font-lock-constant-face)
    (,(regexp-opt dln-keywords 'symbols) . font-lock-keyword-face)
    (,(regexp-opt dln-constants 'symbols) . font-lock-constant-face)
    ("\\_<fn\\s-+\\(\\(?:\\sw\\|\\s_\\)+\\)" 1 font-lock-function-name-face)
    ("\\_<\\(?:layer\\|optimizer\\)\\s-+\\(\\(?:\\sw\\|\\s_\\)+\\)" 1 font-lock-type-face)
    ("\\_<\\(?:hyper\\|let\\|param\\|buffer\\)\\s-+\\(\\(?:\\sw\\|\\s_\\)+\\)" 1 font-lock-variable-name-face)
    (,(regexp-opt dln-types 'symbols) . font-lock-type-face)
    ("\\(\\(?:\\sw\\|\\s_\\)+\\)(" 1 font-lock-function-name-face)
    (,(regexp-opt dln-operators) . font-lock-builtin-face)))

(defvar dln-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?# "<" table)
    (modify-syntax-entry ?\n ">" table)
    (modify-syntax-entry ?\" "\"" table)
    (modify-syntax-entry ?_ "_" table)
    (dolist (c '(?+ ?- ?* ?/ ?% ?@ ?< ?> ?= ?| ?. ?:)) (modify-syntax-entry c "." table))
    table))

(defconst dln-begins
  "|>\\|>>\\|:>\\|->\\|\\.\\[\\|[+*/%@]\\|==\\|\\(?:and\\|or\\|where\\|over\\|with\\|backward\\|else\\)\\_>\\(?:[ \t]*[^ \t(=]\\|$\\)"
  "How a line begins that goes on with the one before.")

(defconst dln-ends "\\(?:[-=+*/%@]\\|[|>]>\\|->\\|\\_<and\\|\\_<or\\|\\_<where\\||\\)[ \t]*\\(?:#.*\\)?$"
  "How the line ends before one that goes on with it.")

(defun dln-before ()
  "Go to the beginning of the line of code before; whether there is one."
  (forward-line 0)
  (forward-comment (- (point)))
  (prog1 (not (bobp)) (forward-line 0)))

(defun dln-list-p (open)
  "Whether elements stand behind the bracket at OPEN, and no statements."
  (and open (/= (char-after open) ?{)))

(defun dln-goes-on-p ()
  "Whether this line goes on with the code before."
  (save-excursion
    (forward-line 0)
    (let ((open (nth 1 (syntax-ppss))))
      (back-to-indentation)
      (or (looking-at-p dln-begins)
          (and (dln-before)
               (> (line-end-position) (or open 0))
               (let ((case-fold-search nil))
                 (or (and (not (and open (<= (point) open (line-end-position))))
                          (re-search-forward dln-ends (line-end-position) t))
                     ;; A comma at the end goes on with a list of names; between brackets it ends an element.
                     (and (not (dln-list-p open))
                          (re-search-forward ",[ \t]*\\(?:#.*\\)?$" (line-end-position) t)))))))))

(defun dln-base (position)
  "The indentation of the statement that POSITION is part of."
  (save-excursion
    (goto-char position)
    (let ((around (nth 1 (syntax-ppss))) (more t) open)
      (while more
        (forward-line 0)
        (setq open (nth 1 (syntax-ppss)))
        (cond ((dln-list-p open) (if (eql open around) (setq more nil) (goto-char open)))
              ((save-excursion (and (dln-before) (> (line-end-position) (or open 0))
                                    (re-search-forward ",[ \t]*$" (line-end-position) t)))
               (dln-before))
              (t (setq more nil)))))
    (back-to-indentation)
    (- (current-indentation) (if (looking-at-p "where\\_>\\|->") dln-indent-offset 0))))

(defun dln-indentation ()
  "The column at which this line should begin."
  (save-excursion
    (forward-line 0)
    (let ((open (nth 1 (syntax-ppss)))
          (more (if (dln-goes-on-p) dln-indent-offset 0)))
      (back-to-indentation)
      (cond ((looking-at-p "[])}]") (if open (dln-base open) 0))
            ((and (looking-at-p "else\\_>")
                  (save-excursion (and (dln-before) (progn (back-to-indentation) (looking-at-p "\\(?:if\\|else\\)\\_>"))
                                       (current-indentation)))))
            ((not open) more)
            ((save-excursion (goto-char (1+ open)) (and (/= (char-before) ?{) (not (looking-at-p "[ \t]*\\(?:#\\|$\\)"))))
             (save-excursion (goto-char (1+ open)) (current-column)))
            (t (+ (dln-base open) dln-indent-offset more))))))

(defun dln-indent-line ()
  "Indent by brackets, and lines that go on with the one before by one level more."
  (interactive)
  (let ((column (dln-indentation)))
    (if (<= (current-column) (current-indentation))
        (indent-line-to column)
      (save-excursion (indent-line-to column)))))

(defun dln-check ()
  "Check the file of this buffer."
  (interactive)
  (compile (format "%s check %s" dln-command (shell-quote-argument (buffer-file-name)))))

;;;###autoload
(define-derived-mode dln-mode prog-mode "dln"
  "Major mode for the deep-learning language dln."
  (setq-local comment-start "# ")
  (setq-local comment-start-skip "#+\\s-*")
  (setq-local font-lock-defaults '(dln-font-lock-keywords))
  (setq-local indent-line-function #'dln-indent-line)
  (setq-local indent-tabs-mode nil)
  (setq-local fill-column 120)
  (setq-local compilation-error-regexp-alist '(("╭─\\[ \\([^:\n]+\\):\\([0-9]+\\):\\([0-9]+\\) \\]" 1 2 3)))
  (setq-local imenu-generic-expression
              '(("Function" "^\\s-*fn\\s-+\\(\\(?:\\sw\\|\\s_\\)+\\)" 1)
                ("Layer" "^layer\\s-+\\(\\(?:\\sw\\|\\s_\\)+\\)" 1)
                ("Train" "^train\\s-+\\(\\(?:\\sw\\|\\s_\\)+\\)" 1)
                ("Test" "^test\\s-+\"\\([^\"]+\\)\"" 1))))

(define-key dln-mode-map (kbd "C-c C-c") #'dln-check)

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.dln\\'" . dln-mode))

(defvar eglot-server-programs)
(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs `(dln-mode . (,dln-command "lsp"))))

(provide 'dln-mode)
;;; dln-mode.el ends here
