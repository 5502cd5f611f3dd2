// The newline rule: a line end is the end of a statement unless the next line goes on with it. Inside of ( ) and [ ] and
// behind tokens that cannot end an expression the parser does not ask for a line end, so only the next token is looked at.
// It is the rule of `src/syntax/layout.rs`.

#include "tree_sitter/parser.h"

#include <string.h>
#include <wctype.h>

enum { NEWLINE, ERROR_SENTINEL };

void *tree_sitter_dln_external_scanner_create(void) { return NULL; }
void tree_sitter_dln_external_scanner_destroy(void *payload) { (void)payload; }
unsigned tree_sitter_dln_external_scanner_serialize(void *payload, char *buffer) {
  (void)payload, (void)buffer;
  return 0;
}
void tree_sitter_dln_external_scanner_deserialize(void *payload, const char *buffer, unsigned length) {
  (void)payload, (void)buffer, (void)length;
}

static bool begins_name(int32_t c) { return c == '_' || iswalpha((wint_t)c) || c > 127; }
static bool in_name(int32_t c) { return begins_name(c) || iswdigit((wint_t)c); }

// Skips spaces, comments and line ends; whether there was a line end.
static bool skip_lines(TSLexer *lexer) {
  bool crossed = false;
  for (;;) {
    if (lexer->lookahead == '\n') {
      crossed = true;
      lexer->advance(lexer, true);
    } else if (iswspace((wint_t)lexer->lookahead)) {
      lexer->advance(lexer, true);
    } else if (lexer->lookahead == '#') {
      while (lexer->lookahead != '\n' && !lexer->eof(lexer)) lexer->advance(lexer, true);
    } else {
      return crossed;
    }
  }
}

// Whether the word that the line begins with goes on with the line before.
static bool word_continues(TSLexer *lexer) {
  char word[12] = {0};
  unsigned length = 0;
  while (in_name(lexer->lookahead)) {
    if (length < sizeof word - 1) word[length] = (char)(lexer->lookahead < 128 ? lexer->lookahead : '?');
    length++;
    lexer->advance(lexer, false);
  }
  if (length >= sizeof word) return false;
  const char *always[] = {"and", "or", "else", "in", "as"};
  for (unsigned i = 0; i < sizeof always / sizeof *always; i++) {
    if (strcmp(word, always[i]) == 0) return true;
  }
  // `where(c, a, b)` is a call; `where D % heads == 0` a clause.
  if (strcmp(word, "where") == 0) return lexer->lookahead != '(';
  bool with = strcmp(word, "with") == 0;
  if (!with && strcmp(word, "over") != 0 && strcmp(word, "backward") != 0) return false;
  skip_lines(lexer);
  int32_t next = lexer->lookahead;
  return next == '(' ? with : in_name(next) || next == '"' || next == '{' || next == '|';
}

static bool line_continues(TSLexer *lexer) {
  int32_t first = lexer->lookahead;
  if (begins_name(first)) return word_continues(lexer);
  if (first == '-' || first == '|' || first == '!') {
    lexer->advance(lexer, false);
    return first == '!' ? lexer->lookahead == '=' : lexer->lookahead == '>';
  }
  return first != 0 && strchr("+*/%@=<>:,.)]", first) != NULL && first < 128;
}

bool tree_sitter_dln_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid) {
  (void)payload;
  if (!valid[NEWLINE] || valid[ERROR_SENTINEL]) return false;
  lexer->mark_end(lexer);
  lexer->result_symbol = NEWLINE;
  if (!skip_lines(lexer)) return false;
  return !lexer->eof(lexer) && lexer->lookahead != '}' && lexer->lookahead != ';' && !line_continues(lexer);
}
