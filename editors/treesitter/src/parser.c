#include "tree_sitter/parser.h"

#if defined(__GNUC__) || defined(__clang__)
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#endif

#define LANGUAGE_VERSION 14
#define STATE_COUNT 32
#define LARGE_STATE_COUNT 30
#define SYMBOL_COUNT 69
#define ALIAS_COUNT 4
#define TOKEN_COUNT 58
#define EXTERNAL_TOKEN_COUNT 0
#define FIELD_COUNT 0
#define MAX_ALIAS_SEQUENCE_LENGTH 3
#define PRODUCTION_ID_COUNT 6

enum ts_symbol_identifiers {
  sym_name = 1,
  anon_sym_COLON = 2,
  anon_sym_def = 3,
  anon_sym_share = 4,
  anon_sym_net = 5,
  anon_sym_EQ = 6,
  anon_sym_body = 7,
  anon_sym_expect = 8,
  anon_sym_false = 9,
  anon_sym_for = 10,
  anon_sym_from = 11,
  anon_sym_head = 12,
  anon_sym_input = 13,
  anon_sym_let = 14,
  anon_sym_none = 15,
  anon_sym_stem = 16,
  anon_sym_training = 17,
  anon_sym_true = 18,
  anon_sym_use = 19,
  anon_sym_COMMA = 20,
  anon_sym_SEMI = 21,
  anon_sym_DOT = 22,
  anon_sym_QMARK = 23,
  anon_sym_PIPE = 24,
  anon_sym_LPAREN = 25,
  anon_sym_RPAREN = 26,
  anon_sym_LBRACK = 27,
  anon_sym_RBRACK = 28,
  anon_sym_LBRACE = 29,
  anon_sym_RBRACE = 30,
  anon_sym_if = 31,
  anon_sym_else = 32,
  anon_sym_in = 33,
  anon_sym_and = 34,
  anon_sym_or = 35,
  anon_sym_not = 36,
  anon_sym_BANG_EQ = 37,
  anon_sym_STAR_STAR = 38,
  anon_sym_DASH_GT = 39,
  anon_sym_DOT_DOT = 40,
  anon_sym_SLASH_SLASH = 41,
  anon_sym_LT_EQ = 42,
  anon_sym_EQ_EQ = 43,
  anon_sym_EQ_GT = 44,
  anon_sym_GT_EQ = 45,
  anon_sym_PERCENT = 46,
  anon_sym_STAR = 47,
  anon_sym_PLUS = 48,
  anon_sym_DASH = 49,
  anon_sym_SLASH = 50,
  anon_sym_LT = 51,
  anon_sym_GT = 52,
  sym_dims = 53,
  sym_pattern = 54,
  sym_number = 55,
  sym_string = 56,
  sym_comment = 57,
  sym_source_file = 58,
  sym__item = 59,
  sym__inner = 60,
  sym_group = 61,
  sym_list = 62,
  sym_block = 63,
  sym__before_name = 64,
  sym_operator = 65,
  aux_sym_source_file_repeat1 = 66,
  aux_sym__item_repeat1 = 67,
  aux_sym_group_repeat1 = 68,
  alias_sym_argument = 69,
  alias_sym_callee = 70,
  alias_sym_definition = 71,
  alias_sym_label = 72,
};

static const char * const ts_symbol_names[] = {
  [ts_builtin_sym_end] = "end",
  [sym_name] = "name",
  [anon_sym_COLON] = ":",
  [anon_sym_def] = "def",
  [anon_sym_share] = "share",
  [anon_sym_net] = "net",
  [anon_sym_EQ] = "=",
  [anon_sym_body] = "body",
  [anon_sym_expect] = "expect",
  [anon_sym_false] = "false",
  [anon_sym_for] = "for",
  [anon_sym_from] = "from",
  [anon_sym_head] = "head",
  [anon_sym_input] = "input",
  [anon_sym_let] = "let",
  [anon_sym_none] = "none",
  [anon_sym_stem] = "stem",
  [anon_sym_training] = "training",
  [anon_sym_true] = "true",
  [anon_sym_use] = "use",
  [anon_sym_COMMA] = ",",
  [anon_sym_SEMI] = ";",
  [anon_sym_DOT] = ".",
  [anon_sym_QMARK] = "\?",
  [anon_sym_PIPE] = "|",
  [anon_sym_LPAREN] = "(",
  [anon_sym_RPAREN] = ")",
  [anon_sym_LBRACK] = "[",
  [anon_sym_RBRACK] = "]",
  [anon_sym_LBRACE] = "{",
  [anon_sym_RBRACE] = "}",
  [anon_sym_if] = "if",
  [anon_sym_else] = "else",
  [anon_sym_in] = "in",
  [anon_sym_and] = "and",
  [anon_sym_or] = "or",
  [anon_sym_not] = "not",
  [anon_sym_BANG_EQ] = "!=",
  [anon_sym_STAR_STAR] = "**",
  [anon_sym_DASH_GT] = "->",
  [anon_sym_DOT_DOT] = "..",
  [anon_sym_SLASH_SLASH] = "//",
  [anon_sym_LT_EQ] = "<=",
  [anon_sym_EQ_EQ] = "==",
  [anon_sym_EQ_GT] = "=>",
  [anon_sym_GT_EQ] = ">=",
  [anon_sym_PERCENT] = "%",
  [anon_sym_STAR] = "*",
  [anon_sym_PLUS] = "+",
  [anon_sym_DASH] = "-",
  [anon_sym_SLASH] = "/",
  [anon_sym_LT] = "<",
  [anon_sym_GT] = ">",
  [sym_dims] = "dims",
  [sym_pattern] = "pattern",
  [sym_number] = "number",
  [sym_string] = "string",
  [sym_comment] = "comment",
  [sym_source_file] = "source_file",
  [sym__item] = "_item",
  [sym__inner] = "_inner",
  [sym_group] = "group",
  [sym_list] = "list",
  [sym_block] = "block",
  [sym__before_name] = "_before_name",
  [sym_operator] = "operator",
  [aux_sym_source_file_repeat1] = "source_file_repeat1",
  [aux_sym__item_repeat1] = "_item_repeat1",
  [aux_sym_group_repeat1] = "group_repeat1",
  [alias_sym_argument] = "argument",
  [alias_sym_callee] = "callee",
  [alias_sym_definition] = "definition",
  [alias_sym_label] = "label",
};

static const TSSymbol ts_symbol_map[] = {
  [ts_builtin_sym_end] = ts_builtin_sym_end,
  [sym_name] = sym_name,
  [anon_sym_COLON] = anon_sym_COLON,
  [anon_sym_def] = anon_sym_def,
  [anon_sym_share] = anon_sym_share,
  [anon_sym_net] = anon_sym_net,
  [anon_sym_EQ] = anon_sym_EQ,
  [anon_sym_body] = anon_sym_body,
  [anon_sym_expect] = anon_sym_expect,
  [anon_sym_false] = anon_sym_false,
  [anon_sym_for] = anon_sym_for,
  [anon_sym_from] = anon_sym_from,
  [anon_sym_head] = anon_sym_head,
  [anon_sym_input] = anon_sym_input,
  [anon_sym_let] = anon_sym_let,
  [anon_sym_none] = anon_sym_none,
  [anon_sym_stem] = anon_sym_stem,
  [anon_sym_training] = anon_sym_training,
  [anon_sym_true] = anon_sym_true,
  [anon_sym_use] = anon_sym_use,
  [anon_sym_COMMA] = anon_sym_COMMA,
  [anon_sym_SEMI] = anon_sym_SEMI,
  [anon_sym_DOT] = anon_sym_DOT,
  [anon_sym_QMARK] = anon_sym_QMARK,
  [anon_sym_PIPE] = anon_sym_PIPE,
  [anon_sym_LPAREN] = anon_sym_LPAREN,
  [anon_sym_RPAREN] = anon_sym_RPAREN,
  [anon_sym_LBRACK] = anon_sym_LBRACK,
  [anon_sym_RBRACK] = anon_sym_RBRACK,
  [anon_sym_LBRACE] = anon_sym_LBRACE,
  [anon_sym_RBRACE] = anon_sym_RBRACE,
  [anon_sym_if] = anon_sym_if,
  [anon_sym_else] = anon_sym_else,
  [anon_sym_in] = anon_sym_in,
  [anon_sym_and] = anon_sym_and,
  [anon_sym_or] = anon_sym_or,
  [anon_sym_not] = anon_sym_not,
  [anon_sym_BANG_EQ] = anon_sym_BANG_EQ,
  [anon_sym_STAR_STAR] = anon_sym_STAR_STAR,
  [anon_sym_DASH_GT] = anon_sym_DASH_GT,
  [anon_sym_DOT_DOT] = anon_sym_DOT_DOT,
  [anon_sym_SLASH_SLASH] = anon_sym_SLASH_SLASH,
  [anon_sym_LT_EQ] = anon_sym_LT_EQ,
  [anon_sym_EQ_EQ] = anon_sym_EQ_EQ,
  [anon_sym_EQ_GT] = anon_sym_EQ_GT,
  [anon_sym_GT_EQ] = anon_sym_GT_EQ,
  [anon_sym_PERCENT] = anon_sym_PERCENT,
  [anon_sym_STAR] = anon_sym_STAR,
  [anon_sym_PLUS] = anon_sym_PLUS,
  [anon_sym_DASH] = anon_sym_DASH,
  [anon_sym_SLASH] = anon_sym_SLASH,
  [anon_sym_LT] = anon_sym_LT,
  [anon_sym_GT] = anon_sym_GT,
  [sym_dims] = sym_dims,
  [sym_pattern] = sym_pattern,
  [sym_number] = sym_number,
  [sym_string] = sym_string,
  [sym_comment] = sym_comment,
  [sym_source_file] = sym_source_file,
  [sym__item] = sym__item,
  [sym__inner] = sym__inner,
  [sym_group] = sym_group,
  [sym_list] = sym_list,
  [sym_block] = sym_block,
  [sym__before_name] = sym__before_name,
  [sym_operator] = sym_operator,
  [aux_sym_source_file_repeat1] = aux_sym_source_file_repeat1,
  [aux_sym__item_repeat1] = aux_sym__item_repeat1,
  [aux_sym_group_repeat1] = aux_sym_group_repeat1,
  [alias_sym_argument] = alias_sym_argument,
  [alias_sym_callee] = alias_sym_callee,
  [alias_sym_definition] = alias_sym_definition,
  [alias_sym_label] = alias_sym_label,
};

static const TSSymbolMetadata ts_symbol_metadata[] = {
  [ts_builtin_sym_end] = {
    .visible = false,
    .named = true,
  },
  [sym_name] = {
    .visible = true,
    .named = true,
  },
  [anon_sym_COLON] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_def] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_share] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_net] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_EQ] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_body] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_expect] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_false] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_for] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_from] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_head] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_input] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_let] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_none] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_stem] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_training] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_true] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_use] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_COMMA] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_SEMI] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_DOT] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_QMARK] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_PIPE] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_LPAREN] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_RPAREN] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_LBRACK] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_RBRACK] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_LBRACE] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_RBRACE] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_if] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_else] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_in] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_and] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_or] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_not] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_BANG_EQ] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_STAR_STAR] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_DASH_GT] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_DOT_DOT] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_SLASH_SLASH] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_LT_EQ] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_EQ_EQ] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_EQ_GT] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_GT_EQ] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_PERCENT] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_STAR] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_PLUS] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_DASH] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_SLASH] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_LT] = {
    .visible = true,
    .named = false,
  },
  [anon_sym_GT] = {
    .visible = true,
    .named = false,
  },
  [sym_dims] = {
    .visible = true,
    .named = true,
  },
  [sym_pattern] = {
    .visible = true,
    .named = true,
  },
  [sym_number] = {
    .visible = true,
    .named = true,
  },
  [sym_string] = {
    .visible = true,
    .named = true,
  },
  [sym_comment] = {
    .visible = true,
    .named = true,
  },
  [sym_source_file] = {
    .visible = true,
    .named = true,
  },
  [sym__item] = {
    .visible = false,
    .named = true,
  },
  [sym__inner] = {
    .visible = false,
    .named = true,
  },
  [sym_group] = {
    .visible = true,
    .named = true,
  },
  [sym_list] = {
    .visible = true,
    .named = true,
  },
  [sym_block] = {
    .visible = true,
    .named = true,
  },
  [sym__before_name] = {
    .visible = false,
    .named = true,
  },
  [sym_operator] = {
    .visible = true,
    .named = true,
  },
  [aux_sym_source_file_repeat1] = {
    .visible = false,
    .named = false,
  },
  [aux_sym__item_repeat1] = {
    .visible = false,
    .named = false,
  },
  [aux_sym_group_repeat1] = {
    .visible = false,
    .named = false,
  },
  [alias_sym_argument] = {
    .visible = true,
    .named = true,
  },
  [alias_sym_callee] = {
    .visible = true,
    .named = true,
  },
  [alias_sym_definition] = {
    .visible = true,
    .named = true,
  },
  [alias_sym_label] = {
    .visible = true,
    .named = true,
  },
};

static const TSSymbol ts_alias_sequences[PRODUCTION_ID_COUNT][MAX_ALIAS_SEQUENCE_LENGTH] = {
  [0] = {0},
  [1] = {
    [1] = alias_sym_definition,
  },
  [2] = {
    [0] = alias_sym_label,
  },
  [3] = {
    [0] = alias_sym_argument,
  },
  [4] = {
    [0] = alias_sym_callee,
  },
  [5] = {
    [1] = alias_sym_callee,
  },
};

static const uint16_t ts_non_terminal_alias_map[] = {
  0,
};

static const TSStateId ts_primary_state_ids[STATE_COUNT] = {
  [0] = 0,
  [1] = 1,
  [2] = 2,
  [3] = 3,
  [4] = 4,
  [5] = 5,
  [6] = 6,
  [7] = 7,
  [8] = 8,
  [9] = 9,
  [10] = 10,
  [11] = 11,
  [12] = 12,
  [13] = 13,
  [14] = 14,
  [15] = 15,
  [16] = 16,
  [17] = 17,
  [18] = 18,
  [19] = 19,
  [20] = 20,
  [21] = 21,
  [22] = 22,
  [23] = 23,
  [24] = 24,
  [25] = 25,
  [26] = 26,
  [27] = 27,
  [28] = 28,
  [29] = 29,
  [30] = 30,
  [31] = 31,
};

static bool ts_lex(TSLexer *lexer, TSStateId state) {
  START_LEXER();
  eof = lexer->eof(lexer);
  switch (state) {
    case 0:
      if (eof) ADVANCE(8);
      ADVANCE_MAP(
        '!', 2,
        '"', 1,
        '#', 48,
        '%', 31,
        '(', 16,
        ')', 17,
        '*', 32,
        '+', 33,
        ',', 11,
        '-', 34,
        '.', 13,
        '/', 35,
        ':', 9,
        ';', 12,
        '<', 36,
        '=', 10,
        '>', 37,
        '?', 14,
        '[', 18,
        ']', 19,
        '{', 20,
        '|', 15,
        '}', 21,
      );
      if (('\t' <= lookahead && lookahead <= '\r') ||
          lookahead == ' ') SKIP(0);
      if (('0' <= lookahead && lookahead <= '9')) ADVANCE(43);
      if (('A' <= lookahead && lookahead <= 'Z') ||
          lookahead == '_' ||
          ('a' <= lookahead && lookahead <= 'z')) ADVANCE(38);
      END_STATE();
    case 1:
      if (lookahead == '"') ADVANCE(47);
      if (lookahead != 0 &&
          lookahead != '\n' &&
          lookahead != '\\') ADVANCE(1);
      END_STATE();
    case 2:
      if (lookahead == '=') ADVANCE(22);
      END_STATE();
    case 3:
      if (lookahead == '?') ADVANCE(40);
      if (('0' <= lookahead && lookahead <= '9')) ADVANCE(41);
      END_STATE();
    case 4:
      if (lookahead == '?') ADVANCE(40);
      if (('0' <= lookahead && lookahead <= '9')) ADVANCE(39);
      END_STATE();
    case 5:
      if (lookahead == '+' ||
          lookahead == '-') ADVANCE(7);
      if (('0' <= lookahead && lookahead <= '9')) ADVANCE(46);
      END_STATE();
    case 6:
      if (('0' <= lookahead && lookahead <= '9')) ADVANCE(45);
      END_STATE();
    case 7:
      if (('0' <= lookahead && lookahead <= '9')) ADVANCE(46);
      END_STATE();
    case 8:
      ACCEPT_TOKEN(ts_builtin_sym_end);
      END_STATE();
    case 9:
      ACCEPT_TOKEN(anon_sym_COLON);
      END_STATE();
    case 10:
      ACCEPT_TOKEN(anon_sym_EQ);
      if (lookahead == '=') ADVANCE(28);
      if (lookahead == '>') ADVANCE(29);
      END_STATE();
    case 11:
      ACCEPT_TOKEN(anon_sym_COMMA);
      END_STATE();
    case 12:
      ACCEPT_TOKEN(anon_sym_SEMI);
      END_STATE();
    case 13:
      ACCEPT_TOKEN(anon_sym_DOT);
      if (lookahead == '.') ADVANCE(25);
      END_STATE();
    case 14:
      ACCEPT_TOKEN(anon_sym_QMARK);
      if (lookahead == 'x') ADVANCE(3);
      END_STATE();
    case 15:
      ACCEPT_TOKEN(anon_sym_PIPE);
      END_STATE();
    case 16:
      ACCEPT_TOKEN(anon_sym_LPAREN);
      END_STATE();
    case 17:
      ACCEPT_TOKEN(anon_sym_RPAREN);
      END_STATE();
    case 18:
      ACCEPT_TOKEN(anon_sym_LBRACK);
      END_STATE();
    case 19:
      ACCEPT_TOKEN(anon_sym_RBRACK);
      END_STATE();
    case 20:
      ACCEPT_TOKEN(anon_sym_LBRACE);
      END_STATE();
    case 21:
      ACCEPT_TOKEN(anon_sym_RBRACE);
      END_STATE();
    case 22:
      ACCEPT_TOKEN(anon_sym_BANG_EQ);
      END_STATE();
    case 23:
      ACCEPT_TOKEN(anon_sym_STAR_STAR);
      END_STATE();
    case 24:
      ACCEPT_TOKEN(anon_sym_DASH_GT);
      END_STATE();
    case 25:
      ACCEPT_TOKEN(anon_sym_DOT_DOT);
      END_STATE();
    case 26:
      ACCEPT_TOKEN(anon_sym_SLASH_SLASH);
      END_STATE();
    case 27:
      ACCEPT_TOKEN(anon_sym_LT_EQ);
      END_STATE();
    case 28:
      ACCEPT_TOKEN(anon_sym_EQ_EQ);
      END_STATE();
    case 29:
      ACCEPT_TOKEN(anon_sym_EQ_GT);
      END_STATE();
    case 30:
      ACCEPT_TOKEN(anon_sym_GT_EQ);
      END_STATE();
    case 31:
      ACCEPT_TOKEN(anon_sym_PERCENT);
      END_STATE();
    case 32:
      ACCEPT_TOKEN(anon_sym_STAR);
      if (lookahead == '*') ADVANCE(23);
      END_STATE();
    case 33:
      ACCEPT_TOKEN(anon_sym_PLUS);
      END_STATE();
    case 34:
      ACCEPT_TOKEN(anon_sym_DASH);
      if (lookahead == '>') ADVANCE(24);
      END_STATE();
    case 35:
      ACCEPT_TOKEN(anon_sym_SLASH);
      if (lookahead == '/') ADVANCE(26);
      END_STATE();
    case 36:
      ACCEPT_TOKEN(anon_sym_LT);
      if (lookahead == '=') ADVANCE(27);
      END_STATE();
    case 37:
      ACCEPT_TOKEN(anon_sym_GT);
      if (lookahead == '=') ADVANCE(30);
      END_STATE();
    case 38:
      ACCEPT_TOKEN(sym_name);
      if (('0' <= lookahead && lookahead <= '9') ||
          ('A' <= lookahead && lookahead <= 'Z') ||
          lookahead == '_' ||
          ('a' <= lookahead && lookahead <= 'z')) ADVANCE(38);
      END_STATE();
    case 39:
      ACCEPT_TOKEN(sym_dims);
      if (lookahead == 'x') ADVANCE(4);
      if (('0' <= lookahead && lookahead <= '9')) ADVANCE(39);
      END_STATE();
    case 40:
      ACCEPT_TOKEN(sym_pattern);
      if (lookahead == 'x') ADVANCE(3);
      END_STATE();
    case 41:
      ACCEPT_TOKEN(sym_pattern);
      if (lookahead == 'x') ADVANCE(3);
      if (('0' <= lookahead && lookahead <= '9')) ADVANCE(41);
      END_STATE();
    case 42:
      ACCEPT_TOKEN(sym_number);
      END_STATE();
    case 43:
      ACCEPT_TOKEN(sym_number);
      ADVANCE_MAP(
        '.', 6,
        '_', 44,
        'x', 4,
        'E', 5,
        'e', 5,
        'G', 42,
        'K', 42,
        'M', 42,
        'T', 42,
        'k', 42,
      );
      if (('0' <= lookahead && lookahead <= '9')) ADVANCE(43);
      END_STATE();
    case 44:
      ACCEPT_TOKEN(sym_number);
      ADVANCE_MAP(
        '.', 6,
        'E', 5,
        'e', 5,
        'G', 42,
        'K', 42,
        'M', 42,
        'T', 42,
        'k', 42,
      );
      if (('0' <= lookahead && lookahead <= '9') ||
          lookahead == '_') ADVANCE(44);
      END_STATE();
    case 45:
      ACCEPT_TOKEN(sym_number);
      if (lookahead == 'E' ||
          lookahead == 'e') ADVANCE(5);
      if (lookahead == 'G' ||
          lookahead == 'K' ||
          lookahead == 'M' ||
          lookahead == 'T' ||
          lookahead == 'k') ADVANCE(42);
      if (('0' <= lookahead && lookahead <= '9')) ADVANCE(45);
      END_STATE();
    case 46:
      ACCEPT_TOKEN(sym_number);
      if (lookahead == 'G' ||
          lookahead == 'K' ||
          lookahead == 'M' ||
          lookahead == 'T' ||
          lookahead == 'k') ADVANCE(42);
      if (('0' <= lookahead && lookahead <= '9')) ADVANCE(46);
      END_STATE();
    case 47:
      ACCEPT_TOKEN(sym_string);
      END_STATE();
    case 48:
      ACCEPT_TOKEN(sym_comment);
      if (lookahead != 0 &&
          lookahead != '\n') ADVANCE(48);
      END_STATE();
    default:
      return false;
  }
}

static bool ts_lex_keywords(TSLexer *lexer, TSStateId state) {
  START_LEXER();
  eof = lexer->eof(lexer);
  switch (state) {
    case 0:
      ADVANCE_MAP(
        'a', 1,
        'b', 2,
        'd', 3,
        'e', 4,
        'f', 5,
        'h', 6,
        'i', 7,
        'l', 8,
        'n', 9,
        'o', 10,
        's', 11,
        't', 12,
        'u', 13,
      );
      if (('\t' <= lookahead && lookahead <= '\r') ||
          lookahead == ' ') SKIP(0);
      END_STATE();
    case 1:
      if (lookahead == 'n') ADVANCE(14);
      END_STATE();
    case 2:
      if (lookahead == 'o') ADVANCE(15);
      END_STATE();
    case 3:
      if (lookahead == 'e') ADVANCE(16);
      END_STATE();
    case 4:
      if (lookahead == 'l') ADVANCE(17);
      if (lookahead == 'x') ADVANCE(18);
      END_STATE();
    case 5:
      if (lookahead == 'a') ADVANCE(19);
      if (lookahead == 'o') ADVANCE(20);
      if (lookahead == 'r') ADVANCE(21);
      END_STATE();
    case 6:
      if (lookahead == 'e') ADVANCE(22);
      END_STATE();
    case 7:
      if (lookahead == 'f') ADVANCE(23);
      if (lookahead == 'n') ADVANCE(24);
      END_STATE();
    case 8:
      if (lookahead == 'e') ADVANCE(25);
      END_STATE();
    case 9:
      if (lookahead == 'e') ADVANCE(26);
      if (lookahead == 'o') ADVANCE(27);
      END_STATE();
    case 10:
      if (lookahead == 'r') ADVANCE(28);
      END_STATE();
    case 11:
      if (lookahead == 'h') ADVANCE(29);
      if (lookahead == 't') ADVANCE(30);
      END_STATE();
    case 12:
      if (lookahead == 'r') ADVANCE(31);
      END_STATE();
    case 13:
      if (lookahead == 's') ADVANCE(32);
      END_STATE();
    case 14:
      if (lookahead == 'd') ADVANCE(33);
      END_STATE();
    case 15:
      if (lookahead == 'd') ADVANCE(34);
      END_STATE();
    case 16:
      if (lookahead == 'f') ADVANCE(35);
      END_STATE();
    case 17:
      if (lookahead == 's') ADVANCE(36);
      END_STATE();
    case 18:
      if (lookahead == 'p') ADVANCE(37);
      END_STATE();
    case 19:
      if (lookahead == 'l') ADVANCE(38);
      END_STATE();
    case 20:
      if (lookahead == 'r') ADVANCE(39);
      END_STATE();
    case 21:
      if (lookahead == 'o') ADVANCE(40);
      END_STATE();
    case 22:
      if (lookahead == 'a') ADVANCE(41);
      END_STATE();
    case 23:
      ACCEPT_TOKEN(anon_sym_if);
      END_STATE();
    case 24:
      ACCEPT_TOKEN(anon_sym_in);
      if (lookahead == 'p') ADVANCE(42);
      END_STATE();
    case 25:
      if (lookahead == 't') ADVANCE(43);
      END_STATE();
    case 26:
      if (lookahead == 't') ADVANCE(44);
      END_STATE();
    case 27:
      if (lookahead == 'n') ADVANCE(45);
      if (lookahead == 't') ADVANCE(46);
      END_STATE();
    case 28:
      ACCEPT_TOKEN(anon_sym_or);
      END_STATE();
    case 29:
      if (lookahead == 'a') ADVANCE(47);
      END_STATE();
    case 30:
      if (lookahead == 'e') ADVANCE(48);
      END_STATE();
    case 31:
      if (lookahead == 'a') ADVANCE(49);
      if (lookahead == 'u') ADVANCE(50);
      END_STATE();
    case 32:
      if (lookahead == 'e') ADVANCE(51);
      END_STATE();
    case 33:
      ACCEPT_TOKEN(anon_sym_and);
      END_STATE();
    case 34:
      if (lookahead == 'y') ADVANCE(52);
      END_STATE();
    case 35:
      ACCEPT_TOKEN(anon_sym_def);
      END_STATE();
    case 36:
      if (lookahead == 'e') ADVANCE(53);
      END_STATE();
    case 37:
      if (lookahead == 'e') ADVANCE(54);
      END_STATE();
    case 38:
      if (lookahead == 's') ADVANCE(55);
      END_STATE();
    case 39:
      ACCEPT_TOKEN(anon_sym_for);
      END_STATE();
    case 40:
      if (lookahead == 'm') ADVANCE(56);
      END_STATE();
    case 41:
      if (lookahead == 'd') ADVANCE(57);
      END_STATE();
    case 42:
      if (lookahead == 'u') ADVANCE(58);
      END_STATE();
    case 43:
      ACCEPT_TOKEN(anon_sym_let);
      END_STATE();
    case 44:
      ACCEPT_TOKEN(anon_sym_net);
      END_STATE();
    case 45:
      if (lookahead == 'e') ADVANCE(59);
      END_STATE();
    case 46:
      ACCEPT_TOKEN(anon_sym_not);
      END_STATE();
    case 47:
      if (lookahead == 'r') ADVANCE(60);
      END_STATE();
    case 48:
      if (lookahead == 'm') ADVANCE(61);
      END_STATE();
    case 49:
      if (lookahead == 'i') ADVANCE(62);
      END_STATE();
    case 50:
      if (lookahead == 'e') ADVANCE(63);
      END_STATE();
    case 51:
      ACCEPT_TOKEN(anon_sym_use);
      END_STATE();
    case 52:
      ACCEPT_TOKEN(anon_sym_body);
      END_STATE();
    case 53:
      ACCEPT_TOKEN(anon_sym_else);
      END_STATE();
    case 54:
      if (lookahead == 'c') ADVANCE(64);
      END_STATE();
    case 55:
      if (lookahead == 'e') ADVANCE(65);
      END_STATE();
    case 56:
      ACCEPT_TOKEN(anon_sym_from);
      END_STATE();
    case 57:
      ACCEPT_TOKEN(anon_sym_head);
      END_STATE();
    case 58:
      if (lookahead == 't') ADVANCE(66);
      END_STATE();
    case 59:
      ACCEPT_TOKEN(anon_sym_none);
      END_STATE();
    case 60:
      if (lookahead == 'e') ADVANCE(67);
      END_STATE();
    case 61:
      ACCEPT_TOKEN(anon_sym_stem);
      END_STATE();
    case 62:
      if (lookahead == 'n') ADVANCE(68);
      END_STATE();
    case 63:
      ACCEPT_TOKEN(anon_sym_true);
      END_STATE();
    case 64:
      if (lookahead == 't') ADVANCE(69);
      END_STATE();
    case 65:
      ACCEPT_TOKEN(anon_sym_false);
      END_STATE();
    case 66:
      ACCEPT_TOKEN(anon_sym_input);
      END_STATE();
    case 67:
      ACCEPT_TOKEN(anon_sym_share);
      END_STATE();
    case 68:
      if (lookahead == 'i') ADVANCE(70);
      END_STATE();
    case 69:
      ACCEPT_TOKEN(anon_sym_expect);
      END_STATE();
    case 70:
      if (lookahead == 'n') ADVANCE(71);
      END_STATE();
    case 71:
      if (lookahead == 'g') ADVANCE(72);
      END_STATE();
    case 72:
      ACCEPT_TOKEN(anon_sym_training);
      END_STATE();
    default:
      return false;
  }
}

static const TSLexMode ts_lex_modes[STATE_COUNT] = {
  [0] = {.lex_state = 0},
  [1] = {.lex_state = 0},
  [2] = {.lex_state = 0},
  [3] = {.lex_state = 0},
  [4] = {.lex_state = 0},
  [5] = {.lex_state = 0},
  [6] = {.lex_state = 0},
  [7] = {.lex_state = 0},
  [8] = {.lex_state = 0},
  [9] = {.lex_state = 0},
  [10] = {.lex_state = 0},
  [11] = {.lex_state = 0},
  [12] = {.lex_state = 0},
  [13] = {.lex_state = 0},
  [14] = {.lex_state = 0},
  [15] = {.lex_state = 0},
  [16] = {.lex_state = 0},
  [17] = {.lex_state = 0},
  [18] = {.lex_state = 0},
  [19] = {.lex_state = 0},
  [20] = {.lex_state = 0},
  [21] = {.lex_state = 0},
  [22] = {.lex_state = 0},
  [23] = {.lex_state = 0},
  [24] = {.lex_state = 0},
  [25] = {.lex_state = 0},
  [26] = {.lex_state = 0},
  [27] = {.lex_state = 0},
  [28] = {.lex_state = 0},
  [29] = {.lex_state = 0},
  [30] = {.lex_state = 0},
  [31] = {.lex_state = 0},
};

static const uint16_t ts_parse_table[LARGE_STATE_COUNT][SYMBOL_COUNT] = {
  [0] = {
    [ts_builtin_sym_end] = ACTIONS(1),
    [sym_name] = ACTIONS(1),
    [anon_sym_COLON] = ACTIONS(1),
    [anon_sym_def] = ACTIONS(1),
    [anon_sym_share] = ACTIONS(1),
    [anon_sym_net] = ACTIONS(1),
    [anon_sym_EQ] = ACTIONS(1),
    [anon_sym_body] = ACTIONS(1),
    [anon_sym_expect] = ACTIONS(1),
    [anon_sym_false] = ACTIONS(1),
    [anon_sym_for] = ACTIONS(1),
    [anon_sym_from] = ACTIONS(1),
    [anon_sym_head] = ACTIONS(1),
    [anon_sym_input] = ACTIONS(1),
    [anon_sym_let] = ACTIONS(1),
    [anon_sym_none] = ACTIONS(1),
    [anon_sym_stem] = ACTIONS(1),
    [anon_sym_training] = ACTIONS(1),
    [anon_sym_true] = ACTIONS(1),
    [anon_sym_use] = ACTIONS(1),
    [anon_sym_COMMA] = ACTIONS(1),
    [anon_sym_SEMI] = ACTIONS(1),
    [anon_sym_DOT] = ACTIONS(1),
    [anon_sym_QMARK] = ACTIONS(1),
    [anon_sym_PIPE] = ACTIONS(1),
    [anon_sym_LPAREN] = ACTIONS(1),
    [anon_sym_RPAREN] = ACTIONS(1),
    [anon_sym_LBRACK] = ACTIONS(1),
    [anon_sym_RBRACK] = ACTIONS(1),
    [anon_sym_LBRACE] = ACTIONS(1),
    [anon_sym_RBRACE] = ACTIONS(1),
    [anon_sym_if] = ACTIONS(1),
    [anon_sym_else] = ACTIONS(1),
    [anon_sym_in] = ACTIONS(1),
    [anon_sym_and] = ACTIONS(1),
    [anon_sym_or] = ACTIONS(1),
    [anon_sym_not] = ACTIONS(1),
    [anon_sym_BANG_EQ] = ACTIONS(1),
    [anon_sym_STAR_STAR] = ACTIONS(1),
    [anon_sym_DASH_GT] = ACTIONS(1),
    [anon_sym_DOT_DOT] = ACTIONS(1),
    [anon_sym_SLASH_SLASH] = ACTIONS(1),
    [anon_sym_LT_EQ] = ACTIONS(1),
    [anon_sym_EQ_EQ] = ACTIONS(1),
    [anon_sym_EQ_GT] = ACTIONS(1),
    [anon_sym_GT_EQ] = ACTIONS(1),
    [anon_sym_PERCENT] = ACTIONS(1),
    [anon_sym_STAR] = ACTIONS(1),
    [anon_sym_PLUS] = ACTIONS(1),
    [anon_sym_DASH] = ACTIONS(1),
    [anon_sym_SLASH] = ACTIONS(1),
    [anon_sym_LT] = ACTIONS(1),
    [anon_sym_GT] = ACTIONS(1),
    [sym_dims] = ACTIONS(1),
    [sym_pattern] = ACTIONS(1),
    [sym_number] = ACTIONS(1),
    [sym_string] = ACTIONS(1),
    [sym_comment] = ACTIONS(3),
  },
  [1] = {
    [sym_source_file] = STATE(31),
    [sym__item] = STATE(4),
    [sym__inner] = STATE(4),
    [sym_group] = STATE(4),
    [sym_list] = STATE(4),
    [sym_block] = STATE(4),
    [sym__before_name] = STATE(14),
    [sym_operator] = STATE(14),
    [aux_sym_source_file_repeat1] = STATE(4),
    [ts_builtin_sym_end] = ACTIONS(5),
    [sym_name] = ACTIONS(7),
    [anon_sym_COLON] = ACTIONS(9),
    [anon_sym_def] = ACTIONS(11),
    [anon_sym_share] = ACTIONS(11),
    [anon_sym_net] = ACTIONS(11),
    [anon_sym_EQ] = ACTIONS(13),
    [anon_sym_body] = ACTIONS(13),
    [anon_sym_expect] = ACTIONS(13),
    [anon_sym_false] = ACTIONS(13),
    [anon_sym_for] = ACTIONS(13),
    [anon_sym_from] = ACTIONS(13),
    [anon_sym_head] = ACTIONS(13),
    [anon_sym_input] = ACTIONS(13),
    [anon_sym_let] = ACTIONS(13),
    [anon_sym_none] = ACTIONS(13),
    [anon_sym_stem] = ACTIONS(13),
    [anon_sym_training] = ACTIONS(13),
    [anon_sym_true] = ACTIONS(13),
    [anon_sym_use] = ACTIONS(13),
    [anon_sym_COMMA] = ACTIONS(9),
    [anon_sym_SEMI] = ACTIONS(9),
    [anon_sym_DOT] = ACTIONS(13),
    [anon_sym_QMARK] = ACTIONS(13),
    [anon_sym_PIPE] = ACTIONS(9),
    [anon_sym_LPAREN] = ACTIONS(15),
    [anon_sym_LBRACK] = ACTIONS(17),
    [anon_sym_LBRACE] = ACTIONS(19),
    [anon_sym_if] = ACTIONS(21),
    [anon_sym_else] = ACTIONS(21),
    [anon_sym_in] = ACTIONS(21),
    [anon_sym_and] = ACTIONS(21),
    [anon_sym_or] = ACTIONS(21),
    [anon_sym_not] = ACTIONS(21),
    [anon_sym_BANG_EQ] = ACTIONS(23),
    [anon_sym_STAR_STAR] = ACTIONS(23),
    [anon_sym_DASH_GT] = ACTIONS(23),
    [anon_sym_DOT_DOT] = ACTIONS(23),
    [anon_sym_SLASH_SLASH] = ACTIONS(23),
    [anon_sym_LT_EQ] = ACTIONS(23),
    [anon_sym_EQ_EQ] = ACTIONS(23),
    [anon_sym_EQ_GT] = ACTIONS(23),
    [anon_sym_GT_EQ] = ACTIONS(23),
    [anon_sym_PERCENT] = ACTIONS(23),
    [anon_sym_STAR] = ACTIONS(25),
    [anon_sym_PLUS] = ACTIONS(23),
    [anon_sym_DASH] = ACTIONS(25),
    [anon_sym_SLASH] = ACTIONS(25),
    [anon_sym_LT] = ACTIONS(25),
    [anon_sym_GT] = ACTIONS(25),
    [sym_dims] = ACTIONS(9),
    [sym_pattern] = ACTIONS(13),
    [sym_number] = ACTIONS(13),
    [sym_string] = ACTIONS(9),
    [sym_comment] = ACTIONS(3),
  },
  [2] = {
    [sym__item] = STATE(2),
    [sym__inner] = STATE(2),
    [sym_group] = STATE(2),
    [sym_list] = STATE(2),
    [sym_block] = STATE(2),
    [sym__before_name] = STATE(14),
    [sym_operator] = STATE(14),
    [aux_sym_source_file_repeat1] = STATE(2),
    [ts_builtin_sym_end] = ACTIONS(27),
    [sym_name] = ACTIONS(29),
    [anon_sym_COLON] = ACTIONS(32),
    [anon_sym_def] = ACTIONS(35),
    [anon_sym_share] = ACTIONS(35),
    [anon_sym_net] = ACTIONS(35),
    [anon_sym_EQ] = ACTIONS(38),
    [anon_sym_body] = ACTIONS(38),
    [anon_sym_expect] = ACTIONS(38),
    [anon_sym_false] = ACTIONS(38),
    [anon_sym_for] = ACTIONS(38),
    [anon_sym_from] = ACTIONS(38),
    [anon_sym_head] = ACTIONS(38),
    [anon_sym_input] = ACTIONS(38),
    [anon_sym_let] = ACTIONS(38),
    [anon_sym_none] = ACTIONS(38),
    [anon_sym_stem] = ACTIONS(38),
    [anon_sym_training] = ACTIONS(38),
    [anon_sym_true] = ACTIONS(38),
    [anon_sym_use] = ACTIONS(38),
    [anon_sym_COMMA] = ACTIONS(32),
    [anon_sym_SEMI] = ACTIONS(32),
    [anon_sym_DOT] = ACTIONS(38),
    [anon_sym_QMARK] = ACTIONS(38),
    [anon_sym_PIPE] = ACTIONS(32),
    [anon_sym_LPAREN] = ACTIONS(41),
    [anon_sym_LBRACK] = ACTIONS(44),
    [anon_sym_LBRACE] = ACTIONS(47),
    [anon_sym_RBRACE] = ACTIONS(27),
    [anon_sym_if] = ACTIONS(50),
    [anon_sym_else] = ACTIONS(50),
    [anon_sym_in] = ACTIONS(50),
    [anon_sym_and] = ACTIONS(50),
    [anon_sym_or] = ACTIONS(50),
    [anon_sym_not] = ACTIONS(50),
    [anon_sym_BANG_EQ] = ACTIONS(53),
    [anon_sym_STAR_STAR] = ACTIONS(53),
    [anon_sym_DASH_GT] = ACTIONS(53),
    [anon_sym_DOT_DOT] = ACTIONS(53),
    [anon_sym_SLASH_SLASH] = ACTIONS(53),
    [anon_sym_LT_EQ] = ACTIONS(53),
    [anon_sym_EQ_EQ] = ACTIONS(53),
    [anon_sym_EQ_GT] = ACTIONS(53),
    [anon_sym_GT_EQ] = ACTIONS(53),
    [anon_sym_PERCENT] = ACTIONS(53),
    [anon_sym_STAR] = ACTIONS(56),
    [anon_sym_PLUS] = ACTIONS(53),
    [anon_sym_DASH] = ACTIONS(56),
    [anon_sym_SLASH] = ACTIONS(56),
    [anon_sym_LT] = ACTIONS(56),
    [anon_sym_GT] = ACTIONS(56),
    [sym_dims] = ACTIONS(32),
    [sym_pattern] = ACTIONS(38),
    [sym_number] = ACTIONS(38),
    [sym_string] = ACTIONS(32),
    [sym_comment] = ACTIONS(3),
  },
  [3] = {
    [sym__item] = STATE(6),
    [sym__inner] = STATE(6),
    [sym_group] = STATE(6),
    [sym_list] = STATE(6),
    [sym_block] = STATE(6),
    [sym__before_name] = STATE(14),
    [sym_operator] = STATE(14),
    [aux_sym_source_file_repeat1] = STATE(6),
    [sym_name] = ACTIONS(7),
    [anon_sym_COLON] = ACTIONS(59),
    [anon_sym_def] = ACTIONS(11),
    [anon_sym_share] = ACTIONS(11),
    [anon_sym_net] = ACTIONS(11),
    [anon_sym_EQ] = ACTIONS(61),
    [anon_sym_body] = ACTIONS(61),
    [anon_sym_expect] = ACTIONS(61),
    [anon_sym_false] = ACTIONS(61),
    [anon_sym_for] = ACTIONS(61),
    [anon_sym_from] = ACTIONS(61),
    [anon_sym_head] = ACTIONS(61),
    [anon_sym_input] = ACTIONS(61),
    [anon_sym_let] = ACTIONS(61),
    [anon_sym_none] = ACTIONS(61),
    [anon_sym_stem] = ACTIONS(61),
    [anon_sym_training] = ACTIONS(61),
    [anon_sym_true] = ACTIONS(61),
    [anon_sym_use] = ACTIONS(61),
    [anon_sym_COMMA] = ACTIONS(59),
    [anon_sym_SEMI] = ACTIONS(59),
    [anon_sym_DOT] = ACTIONS(61),
    [anon_sym_QMARK] = ACTIONS(61),
    [anon_sym_PIPE] = ACTIONS(59),
    [anon_sym_LPAREN] = ACTIONS(15),
    [anon_sym_LBRACK] = ACTIONS(17),
    [anon_sym_LBRACE] = ACTIONS(19),
    [anon_sym_RBRACE] = ACTIONS(63),
    [anon_sym_if] = ACTIONS(21),
    [anon_sym_else] = ACTIONS(21),
    [anon_sym_in] = ACTIONS(21),
    [anon_sym_and] = ACTIONS(21),
    [anon_sym_or] = ACTIONS(21),
    [anon_sym_not] = ACTIONS(21),
    [anon_sym_BANG_EQ] = ACTIONS(23),
    [anon_sym_STAR_STAR] = ACTIONS(23),
    [anon_sym_DASH_GT] = ACTIONS(23),
    [anon_sym_DOT_DOT] = ACTIONS(23),
    [anon_sym_SLASH_SLASH] = ACTIONS(23),
    [anon_sym_LT_EQ] = ACTIONS(23),
    [anon_sym_EQ_EQ] = ACTIONS(23),
    [anon_sym_EQ_GT] = ACTIONS(23),
    [anon_sym_GT_EQ] = ACTIONS(23),
    [anon_sym_PERCENT] = ACTIONS(23),
    [anon_sym_STAR] = ACTIONS(25),
    [anon_sym_PLUS] = ACTIONS(23),
    [anon_sym_DASH] = ACTIONS(25),
    [anon_sym_SLASH] = ACTIONS(25),
    [anon_sym_LT] = ACTIONS(25),
    [anon_sym_GT] = ACTIONS(25),
    [sym_dims] = ACTIONS(59),
    [sym_pattern] = ACTIONS(61),
    [sym_number] = ACTIONS(61),
    [sym_string] = ACTIONS(59),
    [sym_comment] = ACTIONS(3),
  },
  [4] = {
    [sym__item] = STATE(2),
    [sym__inner] = STATE(2),
    [sym_group] = STATE(2),
    [sym_list] = STATE(2),
    [sym_block] = STATE(2),
    [sym__before_name] = STATE(14),
    [sym_operator] = STATE(14),
    [aux_sym_source_file_repeat1] = STATE(2),
    [ts_builtin_sym_end] = ACTIONS(65),
    [sym_name] = ACTIONS(7),
    [anon_sym_COLON] = ACTIONS(67),
    [anon_sym_def] = ACTIONS(11),
    [anon_sym_share] = ACTIONS(11),
    [anon_sym_net] = ACTIONS(11),
    [anon_sym_EQ] = ACTIONS(69),
    [anon_sym_body] = ACTIONS(69),
    [anon_sym_expect] = ACTIONS(69),
    [anon_sym_false] = ACTIONS(69),
    [anon_sym_for] = ACTIONS(69),
    [anon_sym_from] = ACTIONS(69),
    [anon_sym_head] = ACTIONS(69),
    [anon_sym_input] = ACTIONS(69),
    [anon_sym_let] = ACTIONS(69),
    [anon_sym_none] = ACTIONS(69),
    [anon_sym_stem] = ACTIONS(69),
    [anon_sym_training] = ACTIONS(69),
    [anon_sym_true] = ACTIONS(69),
    [anon_sym_use] = ACTIONS(69),
    [anon_sym_COMMA] = ACTIONS(67),
    [anon_sym_SEMI] = ACTIONS(67),
    [anon_sym_DOT] = ACTIONS(69),
    [anon_sym_QMARK] = ACTIONS(69),
    [anon_sym_PIPE] = ACTIONS(67),
    [anon_sym_LPAREN] = ACTIONS(15),
    [anon_sym_LBRACK] = ACTIONS(17),
    [anon_sym_LBRACE] = ACTIONS(19),
    [anon_sym_if] = ACTIONS(21),
    [anon_sym_else] = ACTIONS(21),
    [anon_sym_in] = ACTIONS(21),
    [anon_sym_and] = ACTIONS(21),
    [anon_sym_or] = ACTIONS(21),
    [anon_sym_not] = ACTIONS(21),
    [anon_sym_BANG_EQ] = ACTIONS(23),
    [anon_sym_STAR_STAR] = ACTIONS(23),
    [anon_sym_DASH_GT] = ACTIONS(23),
    [anon_sym_DOT_DOT] = ACTIONS(23),
    [anon_sym_SLASH_SLASH] = ACTIONS(23),
    [anon_sym_LT_EQ] = ACTIONS(23),
    [anon_sym_EQ_EQ] = ACTIONS(23),
    [anon_sym_EQ_GT] = ACTIONS(23),
    [anon_sym_GT_EQ] = ACTIONS(23),
    [anon_sym_PERCENT] = ACTIONS(23),
    [anon_sym_STAR] = ACTIONS(25),
    [anon_sym_PLUS] = ACTIONS(23),
    [anon_sym_DASH] = ACTIONS(25),
    [anon_sym_SLASH] = ACTIONS(25),
    [anon_sym_LT] = ACTIONS(25),
    [anon_sym_GT] = ACTIONS(25),
    [sym_dims] = ACTIONS(67),
    [sym_pattern] = ACTIONS(69),
    [sym_number] = ACTIONS(69),
    [sym_string] = ACTIONS(67),
    [sym_comment] = ACTIONS(3),
  },
  [5] = {
    [sym__inner] = STATE(5),
    [sym_group] = STATE(5),
    [sym_list] = STATE(5),
    [sym_block] = STATE(5),
    [sym__before_name] = STATE(14),
    [sym_operator] = STATE(14),
    [aux_sym_group_repeat1] = STATE(5),
    [sym_name] = ACTIONS(71),
    [anon_sym_COLON] = ACTIONS(74),
    [anon_sym_def] = ACTIONS(77),
    [anon_sym_share] = ACTIONS(77),
    [anon_sym_net] = ACTIONS(77),
    [anon_sym_EQ] = ACTIONS(80),
    [anon_sym_body] = ACTIONS(80),
    [anon_sym_expect] = ACTIONS(80),
    [anon_sym_false] = ACTIONS(80),
    [anon_sym_for] = ACTIONS(80),
    [anon_sym_from] = ACTIONS(80),
    [anon_sym_head] = ACTIONS(80),
    [anon_sym_input] = ACTIONS(80),
    [anon_sym_let] = ACTIONS(80),
    [anon_sym_none] = ACTIONS(80),
    [anon_sym_stem] = ACTIONS(80),
    [anon_sym_training] = ACTIONS(80),
    [anon_sym_true] = ACTIONS(80),
    [anon_sym_use] = ACTIONS(80),
    [anon_sym_COMMA] = ACTIONS(74),
    [anon_sym_SEMI] = ACTIONS(74),
    [anon_sym_DOT] = ACTIONS(80),
    [anon_sym_QMARK] = ACTIONS(80),
    [anon_sym_PIPE] = ACTIONS(74),
    [anon_sym_LPAREN] = ACTIONS(83),
    [anon_sym_RPAREN] = ACTIONS(86),
    [anon_sym_LBRACK] = ACTIONS(88),
    [anon_sym_RBRACK] = ACTIONS(86),
    [anon_sym_LBRACE] = ACTIONS(91),
    [anon_sym_if] = ACTIONS(94),
    [anon_sym_else] = ACTIONS(94),
    [anon_sym_in] = ACTIONS(94),
    [anon_sym_and] = ACTIONS(94),
    [anon_sym_or] = ACTIONS(94),
    [anon_sym_not] = ACTIONS(94),
    [anon_sym_BANG_EQ] = ACTIONS(97),
    [anon_sym_STAR_STAR] = ACTIONS(97),
    [anon_sym_DASH_GT] = ACTIONS(97),
    [anon_sym_DOT_DOT] = ACTIONS(97),
    [anon_sym_SLASH_SLASH] = ACTIONS(97),
    [anon_sym_LT_EQ] = ACTIONS(97),
    [anon_sym_EQ_EQ] = ACTIONS(97),
    [anon_sym_EQ_GT] = ACTIONS(97),
    [anon_sym_GT_EQ] = ACTIONS(97),
    [anon_sym_PERCENT] = ACTIONS(97),
    [anon_sym_STAR] = ACTIONS(100),
    [anon_sym_PLUS] = ACTIONS(97),
    [anon_sym_DASH] = ACTIONS(100),
    [anon_sym_SLASH] = ACTIONS(100),
    [anon_sym_LT] = ACTIONS(100),
    [anon_sym_GT] = ACTIONS(100),
    [sym_dims] = ACTIONS(74),
    [sym_pattern] = ACTIONS(80),
    [sym_number] = ACTIONS(80),
    [sym_string] = ACTIONS(74),
    [sym_comment] = ACTIONS(3),
  },
  [6] = {
    [sym__item] = STATE(2),
    [sym__inner] = STATE(2),
    [sym_group] = STATE(2),
    [sym_list] = STATE(2),
    [sym_block] = STATE(2),
    [sym__before_name] = STATE(14),
    [sym_operator] = STATE(14),
    [aux_sym_source_file_repeat1] = STATE(2),
    [sym_name] = ACTIONS(7),
    [anon_sym_COLON] = ACTIONS(67),
    [anon_sym_def] = ACTIONS(11),
    [anon_sym_share] = ACTIONS(11),
    [anon_sym_net] = ACTIONS(11),
    [anon_sym_EQ] = ACTIONS(69),
    [anon_sym_body] = ACTIONS(69),
    [anon_sym_expect] = ACTIONS(69),
    [anon_sym_false] = ACTIONS(69),
    [anon_sym_for] = ACTIONS(69),
    [anon_sym_from] = ACTIONS(69),
    [anon_sym_head] = ACTIONS(69),
    [anon_sym_input] = ACTIONS(69),
    [anon_sym_let] = ACTIONS(69),
    [anon_sym_none] = ACTIONS(69),
    [anon_sym_stem] = ACTIONS(69),
    [anon_sym_training] = ACTIONS(69),
    [anon_sym_true] = ACTIONS(69),
    [anon_sym_use] = ACTIONS(69),
    [anon_sym_COMMA] = ACTIONS(67),
    [anon_sym_SEMI] = ACTIONS(67),
    [anon_sym_DOT] = ACTIONS(69),
    [anon_sym_QMARK] = ACTIONS(69),
    [anon_sym_PIPE] = ACTIONS(67),
    [anon_sym_LPAREN] = ACTIONS(15),
    [anon_sym_LBRACK] = ACTIONS(17),
    [anon_sym_LBRACE] = ACTIONS(19),
    [anon_sym_RBRACE] = ACTIONS(103),
    [anon_sym_if] = ACTIONS(21),
    [anon_sym_else] = ACTIONS(21),
    [anon_sym_in] = ACTIONS(21),
    [anon_sym_and] = ACTIONS(21),
    [anon_sym_or] = ACTIONS(21),
    [anon_sym_not] = ACTIONS(21),
    [anon_sym_BANG_EQ] = ACTIONS(23),
    [anon_sym_STAR_STAR] = ACTIONS(23),
    [anon_sym_DASH_GT] = ACTIONS(23),
    [anon_sym_DOT_DOT] = ACTIONS(23),
    [anon_sym_SLASH_SLASH] = ACTIONS(23),
    [anon_sym_LT_EQ] = ACTIONS(23),
    [anon_sym_EQ_EQ] = ACTIONS(23),
    [anon_sym_EQ_GT] = ACTIONS(23),
    [anon_sym_GT_EQ] = ACTIONS(23),
    [anon_sym_PERCENT] = ACTIONS(23),
    [anon_sym_STAR] = ACTIONS(25),
    [anon_sym_PLUS] = ACTIONS(23),
    [anon_sym_DASH] = ACTIONS(25),
    [anon_sym_SLASH] = ACTIONS(25),
    [anon_sym_LT] = ACTIONS(25),
    [anon_sym_GT] = ACTIONS(25),
    [sym_dims] = ACTIONS(67),
    [sym_pattern] = ACTIONS(69),
    [sym_number] = ACTIONS(69),
    [sym_string] = ACTIONS(67),
    [sym_comment] = ACTIONS(3),
  },
  [7] = {
    [sym__inner] = STATE(9),
    [sym_group] = STATE(9),
    [sym_list] = STATE(9),
    [sym_block] = STATE(9),
    [sym__before_name] = STATE(14),
    [sym_operator] = STATE(14),
    [aux_sym_group_repeat1] = STATE(9),
    [sym_name] = ACTIONS(105),
    [anon_sym_COLON] = ACTIONS(107),
    [anon_sym_def] = ACTIONS(11),
    [anon_sym_share] = ACTIONS(11),
    [anon_sym_net] = ACTIONS(11),
    [anon_sym_EQ] = ACTIONS(109),
    [anon_sym_body] = ACTIONS(109),
    [anon_sym_expect] = ACTIONS(109),
    [anon_sym_false] = ACTIONS(109),
    [anon_sym_for] = ACTIONS(109),
    [anon_sym_from] = ACTIONS(109),
    [anon_sym_head] = ACTIONS(109),
    [anon_sym_input] = ACTIONS(109),
    [anon_sym_let] = ACTIONS(109),
    [anon_sym_none] = ACTIONS(109),
    [anon_sym_stem] = ACTIONS(109),
    [anon_sym_training] = ACTIONS(109),
    [anon_sym_true] = ACTIONS(109),
    [anon_sym_use] = ACTIONS(109),
    [anon_sym_COMMA] = ACTIONS(107),
    [anon_sym_SEMI] = ACTIONS(107),
    [anon_sym_DOT] = ACTIONS(109),
    [anon_sym_QMARK] = ACTIONS(109),
    [anon_sym_PIPE] = ACTIONS(107),
    [anon_sym_LPAREN] = ACTIONS(15),
    [anon_sym_RPAREN] = ACTIONS(111),
    [anon_sym_LBRACK] = ACTIONS(17),
    [anon_sym_LBRACE] = ACTIONS(19),
    [anon_sym_if] = ACTIONS(21),
    [anon_sym_else] = ACTIONS(21),
    [anon_sym_in] = ACTIONS(21),
    [anon_sym_and] = ACTIONS(21),
    [anon_sym_or] = ACTIONS(21),
    [anon_sym_not] = ACTIONS(21),
    [anon_sym_BANG_EQ] = ACTIONS(23),
    [anon_sym_STAR_STAR] = ACTIONS(23),
    [anon_sym_DASH_GT] = ACTIONS(23),
    [anon_sym_DOT_DOT] = ACTIONS(23),
    [anon_sym_SLASH_SLASH] = ACTIONS(23),
    [anon_sym_LT_EQ] = ACTIONS(23),
    [anon_sym_EQ_EQ] = ACTIONS(23),
    [anon_sym_EQ_GT] = ACTIONS(23),
    [anon_sym_GT_EQ] = ACTIONS(23),
    [anon_sym_PERCENT] = ACTIONS(23),
    [anon_sym_STAR] = ACTIONS(25),
    [anon_sym_PLUS] = ACTIONS(23),
    [anon_sym_DASH] = ACTIONS(25),
    [anon_sym_SLASH] = ACTIONS(25),
    [anon_sym_LT] = ACTIONS(25),
    [anon_sym_GT] = ACTIONS(25),
    [sym_dims] = ACTIONS(107),
    [sym_pattern] = ACTIONS(109),
    [sym_number] = ACTIONS(109),
    [sym_string] = ACTIONS(107),
    [sym_comment] = ACTIONS(3),
  },
  [8] = {
    [sym__inner] = STATE(10),
    [sym_group] = STATE(10),
    [sym_list] = STATE(10),
    [sym_block] = STATE(10),
    [sym__before_name] = STATE(14),
    [sym_operator] = STATE(14),
    [aux_sym_group_repeat1] = STATE(10),
    [sym_name] = ACTIONS(105),
    [anon_sym_COLON] = ACTIONS(113),
    [anon_sym_def] = ACTIONS(11),
    [anon_sym_share] = ACTIONS(11),
    [anon_sym_net] = ACTIONS(11),
    [anon_sym_EQ] = ACTIONS(115),
    [anon_sym_body] = ACTIONS(115),
    [anon_sym_expect] = ACTIONS(115),
    [anon_sym_false] = ACTIONS(115),
    [anon_sym_for] = ACTIONS(115),
    [anon_sym_from] = ACTIONS(115),
    [anon_sym_head] = ACTIONS(115),
    [anon_sym_input] = ACTIONS(115),
    [anon_sym_let] = ACTIONS(115),
    [anon_sym_none] = ACTIONS(115),
    [anon_sym_stem] = ACTIONS(115),
    [anon_sym_training] = ACTIONS(115),
    [anon_sym_true] = ACTIONS(115),
    [anon_sym_use] = ACTIONS(115),
    [anon_sym_COMMA] = ACTIONS(113),
    [anon_sym_SEMI] = ACTIONS(113),
    [anon_sym_DOT] = ACTIONS(115),
    [anon_sym_QMARK] = ACTIONS(115),
    [anon_sym_PIPE] = ACTIONS(113),
    [anon_sym_LPAREN] = ACTIONS(15),
    [anon_sym_LBRACK] = ACTIONS(17),
    [anon_sym_RBRACK] = ACTIONS(117),
    [anon_sym_LBRACE] = ACTIONS(19),
    [anon_sym_if] = ACTIONS(21),
    [anon_sym_else] = ACTIONS(21),
    [anon_sym_in] = ACTIONS(21),
    [anon_sym_and] = ACTIONS(21),
    [anon_sym_or] = ACTIONS(21),
    [anon_sym_not] = ACTIONS(21),
    [anon_sym_BANG_EQ] = ACTIONS(23),
    [anon_sym_STAR_STAR] = ACTIONS(23),
    [anon_sym_DASH_GT] = ACTIONS(23),
    [anon_sym_DOT_DOT] = ACTIONS(23),
    [anon_sym_SLASH_SLASH] = ACTIONS(23),
    [anon_sym_LT_EQ] = ACTIONS(23),
    [anon_sym_EQ_EQ] = ACTIONS(23),
    [anon_sym_EQ_GT] = ACTIONS(23),
    [anon_sym_GT_EQ] = ACTIONS(23),
    [anon_sym_PERCENT] = ACTIONS(23),
    [anon_sym_STAR] = ACTIONS(25),
    [anon_sym_PLUS] = ACTIONS(23),
    [anon_sym_DASH] = ACTIONS(25),
    [anon_sym_SLASH] = ACTIONS(25),
    [anon_sym_LT] = ACTIONS(25),
    [anon_sym_GT] = ACTIONS(25),
    [sym_dims] = ACTIONS(113),
    [sym_pattern] = ACTIONS(115),
    [sym_number] = ACTIONS(115),
    [sym_string] = ACTIONS(113),
    [sym_comment] = ACTIONS(3),
  },
  [9] = {
    [sym__inner] = STATE(5),
    [sym_group] = STATE(5),
    [sym_list] = STATE(5),
    [sym_block] = STATE(5),
    [sym__before_name] = STATE(14),
    [sym_operator] = STATE(14),
    [aux_sym_group_repeat1] = STATE(5),
    [sym_name] = ACTIONS(105),
    [anon_sym_COLON] = ACTIONS(119),
    [anon_sym_def] = ACTIONS(11),
    [anon_sym_share] = ACTIONS(11),
    [anon_sym_net] = ACTIONS(11),
    [anon_sym_EQ] = ACTIONS(121),
    [anon_sym_body] = ACTIONS(121),
    [anon_sym_expect] = ACTIONS(121),
    [anon_sym_false] = ACTIONS(121),
    [anon_sym_for] = ACTIONS(121),
    [anon_sym_from] = ACTIONS(121),
    [anon_sym_head] = ACTIONS(121),
    [anon_sym_input] = ACTIONS(121),
    [anon_sym_let] = ACTIONS(121),
    [anon_sym_none] = ACTIONS(121),
    [anon_sym_stem] = ACTIONS(121),
    [anon_sym_training] = ACTIONS(121),
    [anon_sym_true] = ACTIONS(121),
    [anon_sym_use] = ACTIONS(121),
    [anon_sym_COMMA] = ACTIONS(119),
    [anon_sym_SEMI] = ACTIONS(119),
    [anon_sym_DOT] = ACTIONS(121),
    [anon_sym_QMARK] = ACTIONS(121),
    [anon_sym_PIPE] = ACTIONS(119),
    [anon_sym_LPAREN] = ACTIONS(15),
    [anon_sym_RPAREN] = ACTIONS(123),
    [anon_sym_LBRACK] = ACTIONS(17),
    [anon_sym_LBRACE] = ACTIONS(19),
    [anon_sym_if] = ACTIONS(21),
    [anon_sym_else] = ACTIONS(21),
    [anon_sym_in] = ACTIONS(21),
    [anon_sym_and] = ACTIONS(21),
    [anon_sym_or] = ACTIONS(21),
    [anon_sym_not] = ACTIONS(21),
    [anon_sym_BANG_EQ] = ACTIONS(23),
    [anon_sym_STAR_STAR] = ACTIONS(23),
    [anon_sym_DASH_GT] = ACTIONS(23),
    [anon_sym_DOT_DOT] = ACTIONS(23),
    [anon_sym_SLASH_SLASH] = ACTIONS(23),
    [anon_sym_LT_EQ] = ACTIONS(23),
    [anon_sym_EQ_EQ] = ACTIONS(23),
    [anon_sym_EQ_GT] = ACTIONS(23),
    [anon_sym_GT_EQ] = ACTIONS(23),
    [anon_sym_PERCENT] = ACTIONS(23),
    [anon_sym_STAR] = ACTIONS(25),
    [anon_sym_PLUS] = ACTIONS(23),
    [anon_sym_DASH] = ACTIONS(25),
    [anon_sym_SLASH] = ACTIONS(25),
    [anon_sym_LT] = ACTIONS(25),
    [anon_sym_GT] = ACTIONS(25),
    [sym_dims] = ACTIONS(119),
    [sym_pattern] = ACTIONS(121),
    [sym_number] = ACTIONS(121),
    [sym_string] = ACTIONS(119),
    [sym_comment] = ACTIONS(3),
  },
  [10] = {
    [sym__inner] = STATE(5),
    [sym_group] = STATE(5),
    [sym_list] = STATE(5),
    [sym_block] = STATE(5),
    [sym__before_name] = STATE(14),
    [sym_operator] = STATE(14),
    [aux_sym_group_repeat1] = STATE(5),
    [sym_name] = ACTIONS(105),
    [anon_sym_COLON] = ACTIONS(119),
    [anon_sym_def] = ACTIONS(11),
    [anon_sym_share] = ACTIONS(11),
    [anon_sym_net] = ACTIONS(11),
    [anon_sym_EQ] = ACTIONS(121),
    [anon_sym_body] = ACTIONS(121),
    [anon_sym_expect] = ACTIONS(121),
    [anon_sym_false] = ACTIONS(121),
    [anon_sym_for] = ACTIONS(121),
    [anon_sym_from] = ACTIONS(121),
    [anon_sym_head] = ACTIONS(121),
    [anon_sym_input] = ACTIONS(121),
    [anon_sym_let] = ACTIONS(121),
    [anon_sym_none] = ACTIONS(121),
    [anon_sym_stem] = ACTIONS(121),
    [anon_sym_training] = ACTIONS(121),
    [anon_sym_true] = ACTIONS(121),
    [anon_sym_use] = ACTIONS(121),
    [anon_sym_COMMA] = ACTIONS(119),
    [anon_sym_SEMI] = ACTIONS(119),
    [anon_sym_DOT] = ACTIONS(121),
    [anon_sym_QMARK] = ACTIONS(121),
    [anon_sym_PIPE] = ACTIONS(119),
    [anon_sym_LPAREN] = ACTIONS(15),
    [anon_sym_LBRACK] = ACTIONS(17),
    [anon_sym_RBRACK] = ACTIONS(125),
    [anon_sym_LBRACE] = ACTIONS(19),
    [anon_sym_if] = ACTIONS(21),
    [anon_sym_else] = ACTIONS(21),
    [anon_sym_in] = ACTIONS(21),
    [anon_sym_and] = ACTIONS(21),
    [anon_sym_or] = ACTIONS(21),
    [anon_sym_not] = ACTIONS(21),
    [anon_sym_BANG_EQ] = ACTIONS(23),
    [anon_sym_STAR_STAR] = ACTIONS(23),
    [anon_sym_DASH_GT] = ACTIONS(23),
    [anon_sym_DOT_DOT] = ACTIONS(23),
    [anon_sym_SLASH_SLASH] = ACTIONS(23),
    [anon_sym_LT_EQ] = ACTIONS(23),
    [anon_sym_EQ_EQ] = ACTIONS(23),
    [anon_sym_EQ_GT] = ACTIONS(23),
    [anon_sym_GT_EQ] = ACTIONS(23),
    [anon_sym_PERCENT] = ACTIONS(23),
    [anon_sym_STAR] = ACTIONS(25),
    [anon_sym_PLUS] = ACTIONS(23),
    [anon_sym_DASH] = ACTIONS(25),
    [anon_sym_SLASH] = ACTIONS(25),
    [anon_sym_LT] = ACTIONS(25),
    [anon_sym_GT] = ACTIONS(25),
    [sym_dims] = ACTIONS(119),
    [sym_pattern] = ACTIONS(121),
    [sym_number] = ACTIONS(121),
    [sym_string] = ACTIONS(119),
    [sym_comment] = ACTIONS(3),
  },
  [11] = {
    [sym_group] = STATE(18),
    [sym_list] = STATE(21),
    [aux_sym__item_repeat1] = STATE(21),
    [ts_builtin_sym_end] = ACTIONS(127),
    [sym_name] = ACTIONS(129),
    [anon_sym_COLON] = ACTIONS(131),
    [anon_sym_def] = ACTIONS(129),
    [anon_sym_share] = ACTIONS(129),
    [anon_sym_net] = ACTIONS(129),
    [anon_sym_EQ] = ACTIONS(133),
    [anon_sym_body] = ACTIONS(129),
    [anon_sym_expect] = ACTIONS(129),
    [anon_sym_false] = ACTIONS(129),
    [anon_sym_for] = ACTIONS(129),
    [anon_sym_from] = ACTIONS(129),
    [anon_sym_head] = ACTIONS(129),
    [anon_sym_input] = ACTIONS(129),
    [anon_sym_let] = ACTIONS(129),
    [anon_sym_none] = ACTIONS(129),
    [anon_sym_stem] = ACTIONS(129),
    [anon_sym_training] = ACTIONS(129),
    [anon_sym_true] = ACTIONS(129),
    [anon_sym_use] = ACTIONS(129),
    [anon_sym_COMMA] = ACTIONS(127),
    [anon_sym_SEMI] = ACTIONS(127),
    [anon_sym_DOT] = ACTIONS(129),
    [anon_sym_QMARK] = ACTIONS(129),
    [anon_sym_PIPE] = ACTIONS(127),
    [anon_sym_LPAREN] = ACTIONS(15),
    [anon_sym_LBRACK] = ACTIONS(17),
    [anon_sym_LBRACE] = ACTIONS(127),
    [anon_sym_RBRACE] = ACTIONS(127),
    [anon_sym_if] = ACTIONS(129),
    [anon_sym_else] = ACTIONS(129),
    [anon_sym_in] = ACTIONS(129),
    [anon_sym_and] = ACTIONS(129),
    [anon_sym_or] = ACTIONS(129),
    [anon_sym_not] = ACTIONS(129),
    [anon_sym_BANG_EQ] = ACTIONS(127),
    [anon_sym_STAR_STAR] = ACTIONS(127),
    [anon_sym_DASH_GT] = ACTIONS(127),
    [anon_sym_DOT_DOT] = ACTIONS(127),
    [anon_sym_SLASH_SLASH] = ACTIONS(127),
    [anon_sym_LT_EQ] = ACTIONS(127),
    [anon_sym_EQ_EQ] = ACTIONS(127),
    [anon_sym_EQ_GT] = ACTIONS(127),
    [anon_sym_GT_EQ] = ACTIONS(127),
    [anon_sym_PERCENT] = ACTIONS(127),
    [anon_sym_STAR] = ACTIONS(129),
    [anon_sym_PLUS] = ACTIONS(127),
    [anon_sym_DASH] = ACTIONS(129),
    [anon_sym_SLASH] = ACTIONS(129),
    [anon_sym_LT] = ACTIONS(129),
    [anon_sym_GT] = ACTIONS(129),
    [sym_dims] = ACTIONS(127),
    [sym_pattern] = ACTIONS(129),
    [sym_number] = ACTIONS(129),
    [sym_string] = ACTIONS(127),
    [sym_comment] = ACTIONS(3),
  },
  [12] = {
    [sym_group] = STATE(26),
    [ts_builtin_sym_end] = ACTIONS(135),
    [sym_name] = ACTIONS(137),
    [anon_sym_COLON] = ACTIONS(135),
    [anon_sym_def] = ACTIONS(137),
    [anon_sym_share] = ACTIONS(137),
    [anon_sym_net] = ACTIONS(137),
    [anon_sym_EQ] = ACTIONS(137),
    [anon_sym_body] = ACTIONS(137),
    [anon_sym_expect] = ACTIONS(137),
    [anon_sym_false] = ACTIONS(137),
    [anon_sym_for] = ACTIONS(137),
    [anon_sym_from] = ACTIONS(137),
    [anon_sym_head] = ACTIONS(137),
    [anon_sym_input] = ACTIONS(137),
    [anon_sym_let] = ACTIONS(137),
    [anon_sym_none] = ACTIONS(137),
    [anon_sym_stem] = ACTIONS(137),
    [anon_sym_training] = ACTIONS(137),
    [anon_sym_true] = ACTIONS(137),
    [anon_sym_use] = ACTIONS(137),
    [anon_sym_COMMA] = ACTIONS(135),
    [anon_sym_SEMI] = ACTIONS(135),
    [anon_sym_DOT] = ACTIONS(137),
    [anon_sym_QMARK] = ACTIONS(137),
    [anon_sym_PIPE] = ACTIONS(135),
    [anon_sym_LPAREN] = ACTIONS(15),
    [anon_sym_RPAREN] = ACTIONS(135),
    [anon_sym_LBRACK] = ACTIONS(135),
    [anon_sym_RBRACK] = ACTIONS(135),
    [anon_sym_LBRACE] = ACTIONS(135),
    [anon_sym_RBRACE] = ACTIONS(135),
    [anon_sym_if] = ACTIONS(137),
    [anon_sym_else] = ACTIONS(137),
    [anon_sym_in] = ACTIONS(137),
    [anon_sym_and] = ACTIONS(137),
    [anon_sym_or] = ACTIONS(137),
    [anon_sym_not] = ACTIONS(137),
    [anon_sym_BANG_EQ] = ACTIONS(135),
    [anon_sym_STAR_STAR] = ACTIONS(135),
    [anon_sym_DASH_GT] = ACTIONS(135),
    [anon_sym_DOT_DOT] = ACTIONS(135),
    [anon_sym_SLASH_SLASH] = ACTIONS(135),
    [anon_sym_LT_EQ] = ACTIONS(135),
    [anon_sym_EQ_EQ] = ACTIONS(135),
    [anon_sym_EQ_GT] = ACTIONS(135),
    [anon_sym_GT_EQ] = ACTIONS(135),
    [anon_sym_PERCENT] = ACTIONS(135),
    [anon_sym_STAR] = ACTIONS(137),
    [anon_sym_PLUS] = ACTIONS(135),
    [anon_sym_DASH] = ACTIONS(137),
    [anon_sym_SLASH] = ACTIONS(137),
    [anon_sym_LT] = ACTIONS(137),
    [anon_sym_GT] = ACTIONS(137),
    [sym_dims] = ACTIONS(135),
    [sym_pattern] = ACTIONS(137),
    [sym_number] = ACTIONS(137),
    [sym_string] = ACTIONS(135),
    [sym_comment] = ACTIONS(3),
  },
  [13] = {
    [ts_builtin_sym_end] = ACTIONS(139),
    [sym_name] = ACTIONS(141),
    [anon_sym_COLON] = ACTIONS(139),
    [anon_sym_def] = ACTIONS(141),
    [anon_sym_share] = ACTIONS(141),
    [anon_sym_net] = ACTIONS(141),
    [anon_sym_EQ] = ACTIONS(141),
    [anon_sym_body] = ACTIONS(141),
    [anon_sym_expect] = ACTIONS(141),
    [anon_sym_false] = ACTIONS(141),
    [anon_sym_for] = ACTIONS(141),
    [anon_sym_from] = ACTIONS(141),
    [anon_sym_head] = ACTIONS(141),
    [anon_sym_input] = ACTIONS(141),
    [anon_sym_let] = ACTIONS(141),
    [anon_sym_none] = ACTIONS(141),
    [anon_sym_stem] = ACTIONS(141),
    [anon_sym_training] = ACTIONS(141),
    [anon_sym_true] = ACTIONS(141),
    [anon_sym_use] = ACTIONS(141),
    [anon_sym_COMMA] = ACTIONS(139),
    [anon_sym_SEMI] = ACTIONS(139),
    [anon_sym_DOT] = ACTIONS(141),
    [anon_sym_QMARK] = ACTIONS(141),
    [anon_sym_PIPE] = ACTIONS(139),
    [anon_sym_LPAREN] = ACTIONS(139),
    [anon_sym_RPAREN] = ACTIONS(139),
    [anon_sym_LBRACK] = ACTIONS(139),
    [anon_sym_RBRACK] = ACTIONS(139),
    [anon_sym_LBRACE] = ACTIONS(139),
    [anon_sym_RBRACE] = ACTIONS(139),
    [anon_sym_if] = ACTIONS(141),
    [anon_sym_else] = ACTIONS(141),
    [anon_sym_in] = ACTIONS(141),
    [anon_sym_and] = ACTIONS(141),
    [anon_sym_or] = ACTIONS(141),
    [anon_sym_not] = ACTIONS(141),
    [anon_sym_BANG_EQ] = ACTIONS(139),
    [anon_sym_STAR_STAR] = ACTIONS(139),
    [anon_sym_DASH_GT] = ACTIONS(139),
    [anon_sym_DOT_DOT] = ACTIONS(139),
    [anon_sym_SLASH_SLASH] = ACTIONS(139),
    [anon_sym_LT_EQ] = ACTIONS(139),
    [anon_sym_EQ_EQ] = ACTIONS(139),
    [anon_sym_EQ_GT] = ACTIONS(139),
    [anon_sym_GT_EQ] = ACTIONS(139),
    [anon_sym_PERCENT] = ACTIONS(139),
    [anon_sym_STAR] = ACTIONS(141),
    [anon_sym_PLUS] = ACTIONS(139),
    [anon_sym_DASH] = ACTIONS(141),
    [anon_sym_SLASH] = ACTIONS(141),
    [anon_sym_LT] = ACTIONS(141),
    [anon_sym_GT] = ACTIONS(141),
    [sym_dims] = ACTIONS(139),
    [sym_pattern] = ACTIONS(141),
    [sym_number] = ACTIONS(141),
    [sym_string] = ACTIONS(139),
    [sym_comment] = ACTIONS(3),
  },
  [14] = {
    [ts_builtin_sym_end] = ACTIONS(127),
    [sym_name] = ACTIONS(143),
    [anon_sym_COLON] = ACTIONS(127),
    [anon_sym_def] = ACTIONS(129),
    [anon_sym_share] = ACTIONS(129),
    [anon_sym_net] = ACTIONS(129),
    [anon_sym_EQ] = ACTIONS(129),
    [anon_sym_body] = ACTIONS(129),
    [anon_sym_expect] = ACTIONS(129),
    [anon_sym_false] = ACTIONS(129),
    [anon_sym_for] = ACTIONS(129),
    [anon_sym_from] = ACTIONS(129),
    [anon_sym_head] = ACTIONS(129),
    [anon_sym_input] = ACTIONS(129),
    [anon_sym_let] = ACTIONS(129),
    [anon_sym_none] = ACTIONS(129),
    [anon_sym_stem] = ACTIONS(129),
    [anon_sym_training] = ACTIONS(129),
    [anon_sym_true] = ACTIONS(129),
    [anon_sym_use] = ACTIONS(129),
    [anon_sym_COMMA] = ACTIONS(127),
    [anon_sym_SEMI] = ACTIONS(127),
    [anon_sym_DOT] = ACTIONS(129),
    [anon_sym_QMARK] = ACTIONS(129),
    [anon_sym_PIPE] = ACTIONS(127),
    [anon_sym_LPAREN] = ACTIONS(127),
    [anon_sym_RPAREN] = ACTIONS(127),
    [anon_sym_LBRACK] = ACTIONS(127),
    [anon_sym_RBRACK] = ACTIONS(127),
    [anon_sym_LBRACE] = ACTIONS(127),
    [anon_sym_RBRACE] = ACTIONS(127),
    [anon_sym_if] = ACTIONS(129),
    [anon_sym_else] = ACTIONS(129),
    [anon_sym_in] = ACTIONS(129),
    [anon_sym_and] = ACTIONS(129),
    [anon_sym_or] = ACTIONS(129),
    [anon_sym_not] = ACTIONS(129),
    [anon_sym_BANG_EQ] = ACTIONS(127),
    [anon_sym_STAR_STAR] = ACTIONS(127),
    [anon_sym_DASH_GT] = ACTIONS(127),
    [anon_sym_DOT_DOT] = ACTIONS(127),
    [anon_sym_SLASH_SLASH] = ACTIONS(127),
    [anon_sym_LT_EQ] = ACTIONS(127),
    [anon_sym_EQ_EQ] = ACTIONS(127),
    [anon_sym_EQ_GT] = ACTIONS(127),
    [anon_sym_GT_EQ] = ACTIONS(127),
    [anon_sym_PERCENT] = ACTIONS(127),
    [anon_sym_STAR] = ACTIONS(129),
    [anon_sym_PLUS] = ACTIONS(127),
    [anon_sym_DASH] = ACTIONS(129),
    [anon_sym_SLASH] = ACTIONS(129),
    [anon_sym_LT] = ACTIONS(129),
    [anon_sym_GT] = ACTIONS(129),
    [sym_dims] = ACTIONS(127),
    [sym_pattern] = ACTIONS(129),
    [sym_number] = ACTIONS(129),
    [sym_string] = ACTIONS(127),
    [sym_comment] = ACTIONS(3),
  },
  [15] = {
    [ts_builtin_sym_end] = ACTIONS(145),
    [sym_name] = ACTIONS(147),
    [anon_sym_COLON] = ACTIONS(145),
    [anon_sym_def] = ACTIONS(147),
    [anon_sym_share] = ACTIONS(147),
    [anon_sym_net] = ACTIONS(147),
    [anon_sym_EQ] = ACTIONS(147),
    [anon_sym_body] = ACTIONS(147),
    [anon_sym_expect] = ACTIONS(147),
    [anon_sym_false] = ACTIONS(147),
    [anon_sym_for] = ACTIONS(147),
    [anon_sym_from] = ACTIONS(147),
    [anon_sym_head] = ACTIONS(147),
    [anon_sym_input] = ACTIONS(147),
    [anon_sym_let] = ACTIONS(147),
    [anon_sym_none] = ACTIONS(147),
    [anon_sym_stem] = ACTIONS(147),
    [anon_sym_training] = ACTIONS(147),
    [anon_sym_true] = ACTIONS(147),
    [anon_sym_use] = ACTIONS(147),
    [anon_sym_COMMA] = ACTIONS(145),
    [anon_sym_SEMI] = ACTIONS(145),
    [anon_sym_DOT] = ACTIONS(147),
    [anon_sym_QMARK] = ACTIONS(147),
    [anon_sym_PIPE] = ACTIONS(145),
    [anon_sym_LPAREN] = ACTIONS(145),
    [anon_sym_RPAREN] = ACTIONS(145),
    [anon_sym_LBRACK] = ACTIONS(145),
    [anon_sym_RBRACK] = ACTIONS(145),
    [anon_sym_LBRACE] = ACTIONS(145),
    [anon_sym_RBRACE] = ACTIONS(145),
    [anon_sym_if] = ACTIONS(147),
    [anon_sym_else] = ACTIONS(147),
    [anon_sym_in] = ACTIONS(147),
    [anon_sym_and] = ACTIONS(147),
    [anon_sym_or] = ACTIONS(147),
    [anon_sym_not] = ACTIONS(147),
    [anon_sym_BANG_EQ] = ACTIONS(145),
    [anon_sym_STAR_STAR] = ACTIONS(145),
    [anon_sym_DASH_GT] = ACTIONS(145),
    [anon_sym_DOT_DOT] = ACTIONS(145),
    [anon_sym_SLASH_SLASH] = ACTIONS(145),
    [anon_sym_LT_EQ] = ACTIONS(145),
    [anon_sym_EQ_EQ] = ACTIONS(145),
    [anon_sym_EQ_GT] = ACTIONS(145),
    [anon_sym_GT_EQ] = ACTIONS(145),
    [anon_sym_PERCENT] = ACTIONS(145),
    [anon_sym_STAR] = ACTIONS(147),
    [anon_sym_PLUS] = ACTIONS(145),
    [anon_sym_DASH] = ACTIONS(147),
    [anon_sym_SLASH] = ACTIONS(147),
    [anon_sym_LT] = ACTIONS(147),
    [anon_sym_GT] = ACTIONS(147),
    [sym_dims] = ACTIONS(145),
    [sym_pattern] = ACTIONS(147),
    [sym_number] = ACTIONS(147),
    [sym_string] = ACTIONS(145),
    [sym_comment] = ACTIONS(3),
  },
  [16] = {
    [ts_builtin_sym_end] = ACTIONS(149),
    [sym_name] = ACTIONS(151),
    [anon_sym_COLON] = ACTIONS(149),
    [anon_sym_def] = ACTIONS(151),
    [anon_sym_share] = ACTIONS(151),
    [anon_sym_net] = ACTIONS(151),
    [anon_sym_EQ] = ACTIONS(151),
    [anon_sym_body] = ACTIONS(151),
    [anon_sym_expect] = ACTIONS(151),
    [anon_sym_false] = ACTIONS(151),
    [anon_sym_for] = ACTIONS(151),
    [anon_sym_from] = ACTIONS(151),
    [anon_sym_head] = ACTIONS(151),
    [anon_sym_input] = ACTIONS(151),
    [anon_sym_let] = ACTIONS(151),
    [anon_sym_none] = ACTIONS(151),
    [anon_sym_stem] = ACTIONS(151),
    [anon_sym_training] = ACTIONS(151),
    [anon_sym_true] = ACTIONS(151),
    [anon_sym_use] = ACTIONS(151),
    [anon_sym_COMMA] = ACTIONS(149),
    [anon_sym_SEMI] = ACTIONS(149),
    [anon_sym_DOT] = ACTIONS(151),
    [anon_sym_QMARK] = ACTIONS(151),
    [anon_sym_PIPE] = ACTIONS(149),
    [anon_sym_LPAREN] = ACTIONS(149),
    [anon_sym_RPAREN] = ACTIONS(149),
    [anon_sym_LBRACK] = ACTIONS(149),
    [anon_sym_RBRACK] = ACTIONS(149),
    [anon_sym_LBRACE] = ACTIONS(149),
    [anon_sym_RBRACE] = ACTIONS(149),
    [anon_sym_if] = ACTIONS(151),
    [anon_sym_else] = ACTIONS(151),
    [anon_sym_in] = ACTIONS(151),
    [anon_sym_and] = ACTIONS(151),
    [anon_sym_or] = ACTIONS(151),
    [anon_sym_not] = ACTIONS(151),
    [anon_sym_BANG_EQ] = ACTIONS(149),
    [anon_sym_STAR_STAR] = ACTIONS(149),
    [anon_sym_DASH_GT] = ACTIONS(149),
    [anon_sym_DOT_DOT] = ACTIONS(149),
    [anon_sym_SLASH_SLASH] = ACTIONS(149),
    [anon_sym_LT_EQ] = ACTIONS(149),
    [anon_sym_EQ_EQ] = ACTIONS(149),
    [anon_sym_EQ_GT] = ACTIONS(149),
    [anon_sym_GT_EQ] = ACTIONS(149),
    [anon_sym_PERCENT] = ACTIONS(149),
    [anon_sym_STAR] = ACTIONS(151),
    [anon_sym_PLUS] = ACTIONS(149),
    [anon_sym_DASH] = ACTIONS(151),
    [anon_sym_SLASH] = ACTIONS(151),
    [anon_sym_LT] = ACTIONS(151),
    [anon_sym_GT] = ACTIONS(151),
    [sym_dims] = ACTIONS(149),
    [sym_pattern] = ACTIONS(151),
    [sym_number] = ACTIONS(151),
    [sym_string] = ACTIONS(149),
    [sym_comment] = ACTIONS(3),
  },
  [17] = {
    [ts_builtin_sym_end] = ACTIONS(153),
    [sym_name] = ACTIONS(155),
    [anon_sym_COLON] = ACTIONS(153),
    [anon_sym_def] = ACTIONS(155),
    [anon_sym_share] = ACTIONS(155),
    [anon_sym_net] = ACTIONS(155),
    [anon_sym_EQ] = ACTIONS(155),
    [anon_sym_body] = ACTIONS(155),
    [anon_sym_expect] = ACTIONS(155),
    [anon_sym_false] = ACTIONS(155),
    [anon_sym_for] = ACTIONS(155),
    [anon_sym_from] = ACTIONS(155),
    [anon_sym_head] = ACTIONS(155),
    [anon_sym_input] = ACTIONS(155),
    [anon_sym_let] = ACTIONS(155),
    [anon_sym_none] = ACTIONS(155),
    [anon_sym_stem] = ACTIONS(155),
    [anon_sym_training] = ACTIONS(155),
    [anon_sym_true] = ACTIONS(155),
    [anon_sym_use] = ACTIONS(155),
    [anon_sym_COMMA] = ACTIONS(153),
    [anon_sym_SEMI] = ACTIONS(153),
    [anon_sym_DOT] = ACTIONS(155),
    [anon_sym_QMARK] = ACTIONS(155),
    [anon_sym_PIPE] = ACTIONS(153),
    [anon_sym_LPAREN] = ACTIONS(153),
    [anon_sym_RPAREN] = ACTIONS(153),
    [anon_sym_LBRACK] = ACTIONS(153),
    [anon_sym_RBRACK] = ACTIONS(153),
    [anon_sym_LBRACE] = ACTIONS(153),
    [anon_sym_RBRACE] = ACTIONS(153),
    [anon_sym_if] = ACTIONS(155),
    [anon_sym_else] = ACTIONS(155),
    [anon_sym_in] = ACTIONS(155),
    [anon_sym_and] = ACTIONS(155),
    [anon_sym_or] = ACTIONS(155),
    [anon_sym_not] = ACTIONS(155),
    [anon_sym_BANG_EQ] = ACTIONS(153),
    [anon_sym_STAR_STAR] = ACTIONS(153),
    [anon_sym_DASH_GT] = ACTIONS(153),
    [anon_sym_DOT_DOT] = ACTIONS(153),
    [anon_sym_SLASH_SLASH] = ACTIONS(153),
    [anon_sym_LT_EQ] = ACTIONS(153),
    [anon_sym_EQ_EQ] = ACTIONS(153),
    [anon_sym_EQ_GT] = ACTIONS(153),
    [anon_sym_GT_EQ] = ACTIONS(153),
    [anon_sym_PERCENT] = ACTIONS(153),
    [anon_sym_STAR] = ACTIONS(155),
    [anon_sym_PLUS] = ACTIONS(153),
    [anon_sym_DASH] = ACTIONS(155),
    [anon_sym_SLASH] = ACTIONS(155),
    [anon_sym_LT] = ACTIONS(155),
    [anon_sym_GT] = ACTIONS(155),
    [sym_dims] = ACTIONS(153),
    [sym_pattern] = ACTIONS(155),
    [sym_number] = ACTIONS(155),
    [sym_string] = ACTIONS(153),
    [sym_comment] = ACTIONS(3),
  },
  [18] = {
    [ts_builtin_sym_end] = ACTIONS(157),
    [sym_name] = ACTIONS(159),
    [anon_sym_COLON] = ACTIONS(157),
    [anon_sym_def] = ACTIONS(159),
    [anon_sym_share] = ACTIONS(159),
    [anon_sym_net] = ACTIONS(159),
    [anon_sym_EQ] = ACTIONS(159),
    [anon_sym_body] = ACTIONS(159),
    [anon_sym_expect] = ACTIONS(159),
    [anon_sym_false] = ACTIONS(159),
    [anon_sym_for] = ACTIONS(159),
    [anon_sym_from] = ACTIONS(159),
    [anon_sym_head] = ACTIONS(159),
    [anon_sym_input] = ACTIONS(159),
    [anon_sym_let] = ACTIONS(159),
    [anon_sym_none] = ACTIONS(159),
    [anon_sym_stem] = ACTIONS(159),
    [anon_sym_training] = ACTIONS(159),
    [anon_sym_true] = ACTIONS(159),
    [anon_sym_use] = ACTIONS(159),
    [anon_sym_COMMA] = ACTIONS(157),
    [anon_sym_SEMI] = ACTIONS(157),
    [anon_sym_DOT] = ACTIONS(159),
    [anon_sym_QMARK] = ACTIONS(159),
    [anon_sym_PIPE] = ACTIONS(157),
    [anon_sym_LPAREN] = ACTIONS(157),
    [anon_sym_RPAREN] = ACTIONS(157),
    [anon_sym_LBRACK] = ACTIONS(157),
    [anon_sym_RBRACK] = ACTIONS(157),
    [anon_sym_LBRACE] = ACTIONS(157),
    [anon_sym_RBRACE] = ACTIONS(157),
    [anon_sym_if] = ACTIONS(159),
    [anon_sym_else] = ACTIONS(159),
    [anon_sym_in] = ACTIONS(159),
    [anon_sym_and] = ACTIONS(159),
    [anon_sym_or] = ACTIONS(159),
    [anon_sym_not] = ACTIONS(159),
    [anon_sym_BANG_EQ] = ACTIONS(157),
    [anon_sym_STAR_STAR] = ACTIONS(157),
    [anon_sym_DASH_GT] = ACTIONS(157),
    [anon_sym_DOT_DOT] = ACTIONS(157),
    [anon_sym_SLASH_SLASH] = ACTIONS(157),
    [anon_sym_LT_EQ] = ACTIONS(157),
    [anon_sym_EQ_EQ] = ACTIONS(157),
    [anon_sym_EQ_GT] = ACTIONS(157),
    [anon_sym_GT_EQ] = ACTIONS(157),
    [anon_sym_PERCENT] = ACTIONS(157),
    [anon_sym_STAR] = ACTIONS(159),
    [anon_sym_PLUS] = ACTIONS(157),
    [anon_sym_DASH] = ACTIONS(159),
    [anon_sym_SLASH] = ACTIONS(159),
    [anon_sym_LT] = ACTIONS(159),
    [anon_sym_GT] = ACTIONS(159),
    [sym_dims] = ACTIONS(157),
    [sym_pattern] = ACTIONS(159),
    [sym_number] = ACTIONS(159),
    [sym_string] = ACTIONS(157),
    [sym_comment] = ACTIONS(3),
  },
  [19] = {
    [ts_builtin_sym_end] = ACTIONS(161),
    [sym_name] = ACTIONS(163),
    [anon_sym_COLON] = ACTIONS(161),
    [anon_sym_def] = ACTIONS(163),
    [anon_sym_share] = ACTIONS(163),
    [anon_sym_net] = ACTIONS(163),
    [anon_sym_EQ] = ACTIONS(163),
    [anon_sym_body] = ACTIONS(163),
    [anon_sym_expect] = ACTIONS(163),
    [anon_sym_false] = ACTIONS(163),
    [anon_sym_for] = ACTIONS(163),
    [anon_sym_from] = ACTIONS(163),
    [anon_sym_head] = ACTIONS(163),
    [anon_sym_input] = ACTIONS(163),
    [anon_sym_let] = ACTIONS(163),
    [anon_sym_none] = ACTIONS(163),
    [anon_sym_stem] = ACTIONS(163),
    [anon_sym_training] = ACTIONS(163),
    [anon_sym_true] = ACTIONS(163),
    [anon_sym_use] = ACTIONS(163),
    [anon_sym_COMMA] = ACTIONS(161),
    [anon_sym_SEMI] = ACTIONS(161),
    [anon_sym_DOT] = ACTIONS(163),
    [anon_sym_QMARK] = ACTIONS(163),
    [anon_sym_PIPE] = ACTIONS(161),
    [anon_sym_LPAREN] = ACTIONS(161),
    [anon_sym_RPAREN] = ACTIONS(161),
    [anon_sym_LBRACK] = ACTIONS(161),
    [anon_sym_RBRACK] = ACTIONS(161),
    [anon_sym_LBRACE] = ACTIONS(161),
    [anon_sym_RBRACE] = ACTIONS(161),
    [anon_sym_if] = ACTIONS(163),
    [anon_sym_else] = ACTIONS(163),
    [anon_sym_in] = ACTIONS(163),
    [anon_sym_and] = ACTIONS(163),
    [anon_sym_or] = ACTIONS(163),
    [anon_sym_not] = ACTIONS(163),
    [anon_sym_BANG_EQ] = ACTIONS(161),
    [anon_sym_STAR_STAR] = ACTIONS(161),
    [anon_sym_DASH_GT] = ACTIONS(161),
    [anon_sym_DOT_DOT] = ACTIONS(161),
    [anon_sym_SLASH_SLASH] = ACTIONS(161),
    [anon_sym_LT_EQ] = ACTIONS(161),
    [anon_sym_EQ_EQ] = ACTIONS(161),
    [anon_sym_EQ_GT] = ACTIONS(161),
    [anon_sym_GT_EQ] = ACTIONS(161),
    [anon_sym_PERCENT] = ACTIONS(161),
    [anon_sym_STAR] = ACTIONS(163),
    [anon_sym_PLUS] = ACTIONS(161),
    [anon_sym_DASH] = ACTIONS(163),
    [anon_sym_SLASH] = ACTIONS(163),
    [anon_sym_LT] = ACTIONS(163),
    [anon_sym_GT] = ACTIONS(163),
    [sym_dims] = ACTIONS(161),
    [sym_pattern] = ACTIONS(163),
    [sym_number] = ACTIONS(163),
    [sym_string] = ACTIONS(161),
    [sym_comment] = ACTIONS(3),
  },
  [20] = {
    [ts_builtin_sym_end] = ACTIONS(165),
    [sym_name] = ACTIONS(167),
    [anon_sym_COLON] = ACTIONS(165),
    [anon_sym_def] = ACTIONS(167),
    [anon_sym_share] = ACTIONS(167),
    [anon_sym_net] = ACTIONS(167),
    [anon_sym_EQ] = ACTIONS(167),
    [anon_sym_body] = ACTIONS(167),
    [anon_sym_expect] = ACTIONS(167),
    [anon_sym_false] = ACTIONS(167),
    [anon_sym_for] = ACTIONS(167),
    [anon_sym_from] = ACTIONS(167),
    [anon_sym_head] = ACTIONS(167),
    [anon_sym_input] = ACTIONS(167),
    [anon_sym_let] = ACTIONS(167),
    [anon_sym_none] = ACTIONS(167),
    [anon_sym_stem] = ACTIONS(167),
    [anon_sym_training] = ACTIONS(167),
    [anon_sym_true] = ACTIONS(167),
    [anon_sym_use] = ACTIONS(167),
    [anon_sym_COMMA] = ACTIONS(165),
    [anon_sym_SEMI] = ACTIONS(165),
    [anon_sym_DOT] = ACTIONS(167),
    [anon_sym_QMARK] = ACTIONS(167),
    [anon_sym_PIPE] = ACTIONS(165),
    [anon_sym_LPAREN] = ACTIONS(165),
    [anon_sym_RPAREN] = ACTIONS(165),
    [anon_sym_LBRACK] = ACTIONS(165),
    [anon_sym_RBRACK] = ACTIONS(165),
    [anon_sym_LBRACE] = ACTIONS(165),
    [anon_sym_RBRACE] = ACTIONS(165),
    [anon_sym_if] = ACTIONS(167),
    [anon_sym_else] = ACTIONS(167),
    [anon_sym_in] = ACTIONS(167),
    [anon_sym_and] = ACTIONS(167),
    [anon_sym_or] = ACTIONS(167),
    [anon_sym_not] = ACTIONS(167),
    [anon_sym_BANG_EQ] = ACTIONS(165),
    [anon_sym_STAR_STAR] = ACTIONS(165),
    [anon_sym_DASH_GT] = ACTIONS(165),
    [anon_sym_DOT_DOT] = ACTIONS(165),
    [anon_sym_SLASH_SLASH] = ACTIONS(165),
    [anon_sym_LT_EQ] = ACTIONS(165),
    [anon_sym_EQ_EQ] = ACTIONS(165),
    [anon_sym_EQ_GT] = ACTIONS(165),
    [anon_sym_GT_EQ] = ACTIONS(165),
    [anon_sym_PERCENT] = ACTIONS(165),
    [anon_sym_STAR] = ACTIONS(167),
    [anon_sym_PLUS] = ACTIONS(165),
    [anon_sym_DASH] = ACTIONS(167),
    [anon_sym_SLASH] = ACTIONS(167),
    [anon_sym_LT] = ACTIONS(167),
    [anon_sym_GT] = ACTIONS(167),
    [sym_dims] = ACTIONS(165),
    [sym_pattern] = ACTIONS(167),
    [sym_number] = ACTIONS(167),
    [sym_string] = ACTIONS(165),
    [sym_comment] = ACTIONS(3),
  },
  [21] = {
    [sym_list] = STATE(25),
    [aux_sym__item_repeat1] = STATE(25),
    [ts_builtin_sym_end] = ACTIONS(169),
    [sym_name] = ACTIONS(171),
    [anon_sym_COLON] = ACTIONS(173),
    [anon_sym_def] = ACTIONS(171),
    [anon_sym_share] = ACTIONS(171),
    [anon_sym_net] = ACTIONS(171),
    [anon_sym_EQ] = ACTIONS(171),
    [anon_sym_body] = ACTIONS(171),
    [anon_sym_expect] = ACTIONS(171),
    [anon_sym_false] = ACTIONS(171),
    [anon_sym_for] = ACTIONS(171),
    [anon_sym_from] = ACTIONS(171),
    [anon_sym_head] = ACTIONS(171),
    [anon_sym_input] = ACTIONS(171),
    [anon_sym_let] = ACTIONS(171),
    [anon_sym_none] = ACTIONS(171),
    [anon_sym_stem] = ACTIONS(171),
    [anon_sym_training] = ACTIONS(171),
    [anon_sym_true] = ACTIONS(171),
    [anon_sym_use] = ACTIONS(171),
    [anon_sym_COMMA] = ACTIONS(169),
    [anon_sym_SEMI] = ACTIONS(169),
    [anon_sym_DOT] = ACTIONS(171),
    [anon_sym_QMARK] = ACTIONS(171),
    [anon_sym_PIPE] = ACTIONS(169),
    [anon_sym_LPAREN] = ACTIONS(169),
    [anon_sym_LBRACK] = ACTIONS(17),
    [anon_sym_LBRACE] = ACTIONS(169),
    [anon_sym_RBRACE] = ACTIONS(169),
    [anon_sym_if] = ACTIONS(171),
    [anon_sym_else] = ACTIONS(171),
    [anon_sym_in] = ACTIONS(171),
    [anon_sym_and] = ACTIONS(171),
    [anon_sym_or] = ACTIONS(171),
    [anon_sym_not] = ACTIONS(171),
    [anon_sym_BANG_EQ] = ACTIONS(169),
    [anon_sym_STAR_STAR] = ACTIONS(169),
    [anon_sym_DASH_GT] = ACTIONS(169),
    [anon_sym_DOT_DOT] = ACTIONS(169),
    [anon_sym_SLASH_SLASH] = ACTIONS(169),
    [anon_sym_LT_EQ] = ACTIONS(169),
    [anon_sym_EQ_EQ] = ACTIONS(169),
    [anon_sym_EQ_GT] = ACTIONS(169),
    [anon_sym_GT_EQ] = ACTIONS(169),
    [anon_sym_PERCENT] = ACTIONS(169),
    [anon_sym_STAR] = ACTIONS(171),
    [anon_sym_PLUS] = ACTIONS(169),
    [anon_sym_DASH] = ACTIONS(171),
    [anon_sym_SLASH] = ACTIONS(171),
    [anon_sym_LT] = ACTIONS(171),
    [anon_sym_GT] = ACTIONS(171),
    [sym_dims] = ACTIONS(169),
    [sym_pattern] = ACTIONS(171),
    [sym_number] = ACTIONS(171),
    [sym_string] = ACTIONS(169),
    [sym_comment] = ACTIONS(3),
  },
  [22] = {
    [ts_builtin_sym_end] = ACTIONS(175),
    [sym_name] = ACTIONS(177),
    [anon_sym_COLON] = ACTIONS(175),
    [anon_sym_def] = ACTIONS(177),
    [anon_sym_share] = ACTIONS(177),
    [anon_sym_net] = ACTIONS(177),
    [anon_sym_EQ] = ACTIONS(177),
    [anon_sym_body] = ACTIONS(177),
    [anon_sym_expect] = ACTIONS(177),
    [anon_sym_false] = ACTIONS(177),
    [anon_sym_for] = ACTIONS(177),
    [anon_sym_from] = ACTIONS(177),
    [anon_sym_head] = ACTIONS(177),
    [anon_sym_input] = ACTIONS(177),
    [anon_sym_let] = ACTIONS(177),
    [anon_sym_none] = ACTIONS(177),
    [anon_sym_stem] = ACTIONS(177),
    [anon_sym_training] = ACTIONS(177),
    [anon_sym_true] = ACTIONS(177),
    [anon_sym_use] = ACTIONS(177),
    [anon_sym_COMMA] = ACTIONS(175),
    [anon_sym_SEMI] = ACTIONS(175),
    [anon_sym_DOT] = ACTIONS(177),
    [anon_sym_QMARK] = ACTIONS(177),
    [anon_sym_PIPE] = ACTIONS(175),
    [anon_sym_LPAREN] = ACTIONS(175),
    [anon_sym_RPAREN] = ACTIONS(175),
    [anon_sym_LBRACK] = ACTIONS(175),
    [anon_sym_RBRACK] = ACTIONS(175),
    [anon_sym_LBRACE] = ACTIONS(175),
    [anon_sym_RBRACE] = ACTIONS(175),
    [anon_sym_if] = ACTIONS(177),
    [anon_sym_else] = ACTIONS(177),
    [anon_sym_in] = ACTIONS(177),
    [anon_sym_and] = ACTIONS(177),
    [anon_sym_or] = ACTIONS(177),
    [anon_sym_not] = ACTIONS(177),
    [anon_sym_BANG_EQ] = ACTIONS(175),
    [anon_sym_STAR_STAR] = ACTIONS(175),
    [anon_sym_DASH_GT] = ACTIONS(175),
    [anon_sym_DOT_DOT] = ACTIONS(175),
    [anon_sym_SLASH_SLASH] = ACTIONS(175),
    [anon_sym_LT_EQ] = ACTIONS(175),
    [anon_sym_EQ_EQ] = ACTIONS(175),
    [anon_sym_EQ_GT] = ACTIONS(175),
    [anon_sym_GT_EQ] = ACTIONS(175),
    [anon_sym_PERCENT] = ACTIONS(175),
    [anon_sym_STAR] = ACTIONS(177),
    [anon_sym_PLUS] = ACTIONS(175),
    [anon_sym_DASH] = ACTIONS(177),
    [anon_sym_SLASH] = ACTIONS(177),
    [anon_sym_LT] = ACTIONS(177),
    [anon_sym_GT] = ACTIONS(177),
    [sym_dims] = ACTIONS(175),
    [sym_pattern] = ACTIONS(177),
    [sym_number] = ACTIONS(177),
    [sym_string] = ACTIONS(175),
    [sym_comment] = ACTIONS(3),
  },
  [23] = {
    [ts_builtin_sym_end] = ACTIONS(179),
    [sym_name] = ACTIONS(181),
    [anon_sym_COLON] = ACTIONS(179),
    [anon_sym_def] = ACTIONS(181),
    [anon_sym_share] = ACTIONS(181),
    [anon_sym_net] = ACTIONS(181),
    [anon_sym_EQ] = ACTIONS(181),
    [anon_sym_body] = ACTIONS(181),
    [anon_sym_expect] = ACTIONS(181),
    [anon_sym_false] = ACTIONS(181),
    [anon_sym_for] = ACTIONS(181),
    [anon_sym_from] = ACTIONS(181),
    [anon_sym_head] = ACTIONS(181),
    [anon_sym_input] = ACTIONS(181),
    [anon_sym_let] = ACTIONS(181),
    [anon_sym_none] = ACTIONS(181),
    [anon_sym_stem] = ACTIONS(181),
    [anon_sym_training] = ACTIONS(181),
    [anon_sym_true] = ACTIONS(181),
    [anon_sym_use] = ACTIONS(181),
    [anon_sym_COMMA] = ACTIONS(179),
    [anon_sym_SEMI] = ACTIONS(179),
    [anon_sym_DOT] = ACTIONS(181),
    [anon_sym_QMARK] = ACTIONS(181),
    [anon_sym_PIPE] = ACTIONS(179),
    [anon_sym_LPAREN] = ACTIONS(179),
    [anon_sym_RPAREN] = ACTIONS(179),
    [anon_sym_LBRACK] = ACTIONS(179),
    [anon_sym_RBRACK] = ACTIONS(179),
    [anon_sym_LBRACE] = ACTIONS(179),
    [anon_sym_RBRACE] = ACTIONS(179),
    [anon_sym_if] = ACTIONS(181),
    [anon_sym_else] = ACTIONS(181),
    [anon_sym_in] = ACTIONS(181),
    [anon_sym_and] = ACTIONS(181),
    [anon_sym_or] = ACTIONS(181),
    [anon_sym_not] = ACTIONS(181),
    [anon_sym_BANG_EQ] = ACTIONS(179),
    [anon_sym_STAR_STAR] = ACTIONS(179),
    [anon_sym_DASH_GT] = ACTIONS(179),
    [anon_sym_DOT_DOT] = ACTIONS(179),
    [anon_sym_SLASH_SLASH] = ACTIONS(179),
    [anon_sym_LT_EQ] = ACTIONS(179),
    [anon_sym_EQ_EQ] = ACTIONS(179),
    [anon_sym_EQ_GT] = ACTIONS(179),
    [anon_sym_GT_EQ] = ACTIONS(179),
    [anon_sym_PERCENT] = ACTIONS(179),
    [anon_sym_STAR] = ACTIONS(181),
    [anon_sym_PLUS] = ACTIONS(179),
    [anon_sym_DASH] = ACTIONS(181),
    [anon_sym_SLASH] = ACTIONS(181),
    [anon_sym_LT] = ACTIONS(181),
    [anon_sym_GT] = ACTIONS(181),
    [sym_dims] = ACTIONS(179),
    [sym_pattern] = ACTIONS(181),
    [sym_number] = ACTIONS(181),
    [sym_string] = ACTIONS(179),
    [sym_comment] = ACTIONS(3),
  },
  [24] = {
    [ts_builtin_sym_end] = ACTIONS(183),
    [sym_name] = ACTIONS(185),
    [anon_sym_COLON] = ACTIONS(183),
    [anon_sym_def] = ACTIONS(185),
    [anon_sym_share] = ACTIONS(185),
    [anon_sym_net] = ACTIONS(185),
    [anon_sym_EQ] = ACTIONS(185),
    [anon_sym_body] = ACTIONS(185),
    [anon_sym_expect] = ACTIONS(185),
    [anon_sym_false] = ACTIONS(185),
    [anon_sym_for] = ACTIONS(185),
    [anon_sym_from] = ACTIONS(185),
    [anon_sym_head] = ACTIONS(185),
    [anon_sym_input] = ACTIONS(185),
    [anon_sym_let] = ACTIONS(185),
    [anon_sym_none] = ACTIONS(185),
    [anon_sym_stem] = ACTIONS(185),
    [anon_sym_training] = ACTIONS(185),
    [anon_sym_true] = ACTIONS(185),
    [anon_sym_use] = ACTIONS(185),
    [anon_sym_COMMA] = ACTIONS(183),
    [anon_sym_SEMI] = ACTIONS(183),
    [anon_sym_DOT] = ACTIONS(185),
    [anon_sym_QMARK] = ACTIONS(185),
    [anon_sym_PIPE] = ACTIONS(183),
    [anon_sym_LPAREN] = ACTIONS(183),
    [anon_sym_RPAREN] = ACTIONS(183),
    [anon_sym_LBRACK] = ACTIONS(183),
    [anon_sym_RBRACK] = ACTIONS(183),
    [anon_sym_LBRACE] = ACTIONS(183),
    [anon_sym_RBRACE] = ACTIONS(183),
    [anon_sym_if] = ACTIONS(185),
    [anon_sym_else] = ACTIONS(185),
    [anon_sym_in] = ACTIONS(185),
    [anon_sym_and] = ACTIONS(185),
    [anon_sym_or] = ACTIONS(185),
    [anon_sym_not] = ACTIONS(185),
    [anon_sym_BANG_EQ] = ACTIONS(183),
    [anon_sym_STAR_STAR] = ACTIONS(183),
    [anon_sym_DASH_GT] = ACTIONS(183),
    [anon_sym_DOT_DOT] = ACTIONS(183),
    [anon_sym_SLASH_SLASH] = ACTIONS(183),
    [anon_sym_LT_EQ] = ACTIONS(183),
    [anon_sym_EQ_EQ] = ACTIONS(183),
    [anon_sym_EQ_GT] = ACTIONS(183),
    [anon_sym_GT_EQ] = ACTIONS(183),
    [anon_sym_PERCENT] = ACTIONS(183),
    [anon_sym_STAR] = ACTIONS(185),
    [anon_sym_PLUS] = ACTIONS(183),
    [anon_sym_DASH] = ACTIONS(185),
    [anon_sym_SLASH] = ACTIONS(185),
    [anon_sym_LT] = ACTIONS(185),
    [anon_sym_GT] = ACTIONS(185),
    [sym_dims] = ACTIONS(183),
    [sym_pattern] = ACTIONS(185),
    [sym_number] = ACTIONS(185),
    [sym_string] = ACTIONS(183),
    [sym_comment] = ACTIONS(3),
  },
  [25] = {
    [sym_list] = STATE(25),
    [aux_sym__item_repeat1] = STATE(25),
    [ts_builtin_sym_end] = ACTIONS(187),
    [sym_name] = ACTIONS(189),
    [anon_sym_COLON] = ACTIONS(187),
    [anon_sym_def] = ACTIONS(189),
    [anon_sym_share] = ACTIONS(189),
    [anon_sym_net] = ACTIONS(189),
    [anon_sym_EQ] = ACTIONS(189),
    [anon_sym_body] = ACTIONS(189),
    [anon_sym_expect] = ACTIONS(189),
    [anon_sym_false] = ACTIONS(189),
    [anon_sym_for] = ACTIONS(189),
    [anon_sym_from] = ACTIONS(189),
    [anon_sym_head] = ACTIONS(189),
    [anon_sym_input] = ACTIONS(189),
    [anon_sym_let] = ACTIONS(189),
    [anon_sym_none] = ACTIONS(189),
    [anon_sym_stem] = ACTIONS(189),
    [anon_sym_training] = ACTIONS(189),
    [anon_sym_true] = ACTIONS(189),
    [anon_sym_use] = ACTIONS(189),
    [anon_sym_COMMA] = ACTIONS(187),
    [anon_sym_SEMI] = ACTIONS(187),
    [anon_sym_DOT] = ACTIONS(189),
    [anon_sym_QMARK] = ACTIONS(189),
    [anon_sym_PIPE] = ACTIONS(187),
    [anon_sym_LPAREN] = ACTIONS(187),
    [anon_sym_LBRACK] = ACTIONS(191),
    [anon_sym_LBRACE] = ACTIONS(187),
    [anon_sym_RBRACE] = ACTIONS(187),
    [anon_sym_if] = ACTIONS(189),
    [anon_sym_else] = ACTIONS(189),
    [anon_sym_in] = ACTIONS(189),
    [anon_sym_and] = ACTIONS(189),
    [anon_sym_or] = ACTIONS(189),
    [anon_sym_not] = ACTIONS(189),
    [anon_sym_BANG_EQ] = ACTIONS(187),
    [anon_sym_STAR_STAR] = ACTIONS(187),
    [anon_sym_DASH_GT] = ACTIONS(187),
    [anon_sym_DOT_DOT] = ACTIONS(187),
    [anon_sym_SLASH_SLASH] = ACTIONS(187),
    [anon_sym_LT_EQ] = ACTIONS(187),
    [anon_sym_EQ_EQ] = ACTIONS(187),
    [anon_sym_EQ_GT] = ACTIONS(187),
    [anon_sym_GT_EQ] = ACTIONS(187),
    [anon_sym_PERCENT] = ACTIONS(187),
    [anon_sym_STAR] = ACTIONS(189),
    [anon_sym_PLUS] = ACTIONS(187),
    [anon_sym_DASH] = ACTIONS(189),
    [anon_sym_SLASH] = ACTIONS(189),
    [anon_sym_LT] = ACTIONS(189),
    [anon_sym_GT] = ACTIONS(189),
    [sym_dims] = ACTIONS(187),
    [sym_pattern] = ACTIONS(189),
    [sym_number] = ACTIONS(189),
    [sym_string] = ACTIONS(187),
    [sym_comment] = ACTIONS(3),
  },
  [26] = {
    [ts_builtin_sym_end] = ACTIONS(194),
    [sym_name] = ACTIONS(196),
    [anon_sym_COLON] = ACTIONS(194),
    [anon_sym_def] = ACTIONS(196),
    [anon_sym_share] = ACTIONS(196),
    [anon_sym_net] = ACTIONS(196),
    [anon_sym_EQ] = ACTIONS(196),
    [anon_sym_body] = ACTIONS(196),
    [anon_sym_expect] = ACTIONS(196),
    [anon_sym_false] = ACTIONS(196),
    [anon_sym_for] = ACTIONS(196),
    [anon_sym_from] = ACTIONS(196),
    [anon_sym_head] = ACTIONS(196),
    [anon_sym_input] = ACTIONS(196),
    [anon_sym_let] = ACTIONS(196),
    [anon_sym_none] = ACTIONS(196),
    [anon_sym_stem] = ACTIONS(196),
    [anon_sym_training] = ACTIONS(196),
    [anon_sym_true] = ACTIONS(196),
    [anon_sym_use] = ACTIONS(196),
    [anon_sym_COMMA] = ACTIONS(194),
    [anon_sym_SEMI] = ACTIONS(194),
    [anon_sym_DOT] = ACTIONS(196),
    [anon_sym_QMARK] = ACTIONS(196),
    [anon_sym_PIPE] = ACTIONS(194),
    [anon_sym_LPAREN] = ACTIONS(194),
    [anon_sym_RPAREN] = ACTIONS(194),
    [anon_sym_LBRACK] = ACTIONS(194),
    [anon_sym_RBRACK] = ACTIONS(194),
    [anon_sym_LBRACE] = ACTIONS(194),
    [anon_sym_RBRACE] = ACTIONS(194),
    [anon_sym_if] = ACTIONS(196),
    [anon_sym_else] = ACTIONS(196),
    [anon_sym_in] = ACTIONS(196),
    [anon_sym_and] = ACTIONS(196),
    [anon_sym_or] = ACTIONS(196),
    [anon_sym_not] = ACTIONS(196),
    [anon_sym_BANG_EQ] = ACTIONS(194),
    [anon_sym_STAR_STAR] = ACTIONS(194),
    [anon_sym_DASH_GT] = ACTIONS(194),
    [anon_sym_DOT_DOT] = ACTIONS(194),
    [anon_sym_SLASH_SLASH] = ACTIONS(194),
    [anon_sym_LT_EQ] = ACTIONS(194),
    [anon_sym_EQ_EQ] = ACTIONS(194),
    [anon_sym_EQ_GT] = ACTIONS(194),
    [anon_sym_GT_EQ] = ACTIONS(194),
    [anon_sym_PERCENT] = ACTIONS(194),
    [anon_sym_STAR] = ACTIONS(196),
    [anon_sym_PLUS] = ACTIONS(194),
    [anon_sym_DASH] = ACTIONS(196),
    [anon_sym_SLASH] = ACTIONS(196),
    [anon_sym_LT] = ACTIONS(196),
    [anon_sym_GT] = ACTIONS(196),
    [sym_dims] = ACTIONS(194),
    [sym_pattern] = ACTIONS(196),
    [sym_number] = ACTIONS(196),
    [sym_string] = ACTIONS(194),
    [sym_comment] = ACTIONS(3),
  },
  [27] = {
    [sym_group] = STATE(18),
    [sym_name] = ACTIONS(129),
    [anon_sym_COLON] = ACTIONS(127),
    [anon_sym_def] = ACTIONS(129),
    [anon_sym_share] = ACTIONS(129),
    [anon_sym_net] = ACTIONS(129),
    [anon_sym_EQ] = ACTIONS(133),
    [anon_sym_body] = ACTIONS(129),
    [anon_sym_expect] = ACTIONS(129),
    [anon_sym_false] = ACTIONS(129),
    [anon_sym_for] = ACTIONS(129),
    [anon_sym_from] = ACTIONS(129),
    [anon_sym_head] = ACTIONS(129),
    [anon_sym_input] = ACTIONS(129),
    [anon_sym_let] = ACTIONS(129),
    [anon_sym_none] = ACTIONS(129),
    [anon_sym_stem] = ACTIONS(129),
    [anon_sym_training] = ACTIONS(129),
    [anon_sym_true] = ACTIONS(129),
    [anon_sym_use] = ACTIONS(129),
    [anon_sym_COMMA] = ACTIONS(127),
    [anon_sym_SEMI] = ACTIONS(127),
    [anon_sym_DOT] = ACTIONS(129),
    [anon_sym_QMARK] = ACTIONS(129),
    [anon_sym_PIPE] = ACTIONS(127),
    [anon_sym_LPAREN] = ACTIONS(15),
    [anon_sym_RPAREN] = ACTIONS(127),
    [anon_sym_LBRACK] = ACTIONS(127),
    [anon_sym_RBRACK] = ACTIONS(127),
    [anon_sym_LBRACE] = ACTIONS(127),
    [anon_sym_if] = ACTIONS(129),
    [anon_sym_else] = ACTIONS(129),
    [anon_sym_in] = ACTIONS(129),
    [anon_sym_and] = ACTIONS(129),
    [anon_sym_or] = ACTIONS(129),
    [anon_sym_not] = ACTIONS(129),
    [anon_sym_BANG_EQ] = ACTIONS(127),
    [anon_sym_STAR_STAR] = ACTIONS(127),
    [anon_sym_DASH_GT] = ACTIONS(127),
    [anon_sym_DOT_DOT] = ACTIONS(127),
    [anon_sym_SLASH_SLASH] = ACTIONS(127),
    [anon_sym_LT_EQ] = ACTIONS(127),
    [anon_sym_EQ_EQ] = ACTIONS(127),
    [anon_sym_EQ_GT] = ACTIONS(127),
    [anon_sym_GT_EQ] = ACTIONS(127),
    [anon_sym_PERCENT] = ACTIONS(127),
    [anon_sym_STAR] = ACTIONS(129),
    [anon_sym_PLUS] = ACTIONS(127),
    [anon_sym_DASH] = ACTIONS(129),
    [anon_sym_SLASH] = ACTIONS(129),
    [anon_sym_LT] = ACTIONS(129),
    [anon_sym_GT] = ACTIONS(129),
    [sym_dims] = ACTIONS(127),
    [sym_pattern] = ACTIONS(129),
    [sym_number] = ACTIONS(129),
    [sym_string] = ACTIONS(127),
    [sym_comment] = ACTIONS(3),
  },
  [28] = {
    [ts_builtin_sym_end] = ACTIONS(198),
    [sym_name] = ACTIONS(200),
    [anon_sym_COLON] = ACTIONS(198),
    [anon_sym_def] = ACTIONS(200),
    [anon_sym_share] = ACTIONS(200),
    [anon_sym_net] = ACTIONS(200),
    [anon_sym_EQ] = ACTIONS(200),
    [anon_sym_body] = ACTIONS(200),
    [anon_sym_expect] = ACTIONS(200),
    [anon_sym_false] = ACTIONS(200),
    [anon_sym_for] = ACTIONS(200),
    [anon_sym_from] = ACTIONS(200),
    [anon_sym_head] = ACTIONS(200),
    [anon_sym_input] = ACTIONS(200),
    [anon_sym_let] = ACTIONS(200),
    [anon_sym_none] = ACTIONS(200),
    [anon_sym_stem] = ACTIONS(200),
    [anon_sym_training] = ACTIONS(200),
    [anon_sym_true] = ACTIONS(200),
    [anon_sym_use] = ACTIONS(200),
    [anon_sym_COMMA] = ACTIONS(198),
    [anon_sym_SEMI] = ACTIONS(198),
    [anon_sym_DOT] = ACTIONS(200),
    [anon_sym_QMARK] = ACTIONS(200),
    [anon_sym_PIPE] = ACTIONS(198),
    [anon_sym_LPAREN] = ACTIONS(198),
    [anon_sym_LBRACK] = ACTIONS(198),
    [anon_sym_LBRACE] = ACTIONS(198),
    [anon_sym_RBRACE] = ACTIONS(198),
    [anon_sym_if] = ACTIONS(200),
    [anon_sym_else] = ACTIONS(200),
    [anon_sym_in] = ACTIONS(200),
    [anon_sym_and] = ACTIONS(200),
    [anon_sym_or] = ACTIONS(200),
    [anon_sym_not] = ACTIONS(200),
    [anon_sym_BANG_EQ] = ACTIONS(198),
    [anon_sym_STAR_STAR] = ACTIONS(198),
    [anon_sym_DASH_GT] = ACTIONS(198),
    [anon_sym_DOT_DOT] = ACTIONS(198),
    [anon_sym_SLASH_SLASH] = ACTIONS(198),
    [anon_sym_LT_EQ] = ACTIONS(198),
    [anon_sym_EQ_EQ] = ACTIONS(198),
    [anon_sym_EQ_GT] = ACTIONS(198),
    [anon_sym_GT_EQ] = ACTIONS(198),
    [anon_sym_PERCENT] = ACTIONS(198),
    [anon_sym_STAR] = ACTIONS(200),
    [anon_sym_PLUS] = ACTIONS(198),
    [anon_sym_DASH] = ACTIONS(200),
    [anon_sym_SLASH] = ACTIONS(200),
    [anon_sym_LT] = ACTIONS(200),
    [anon_sym_GT] = ACTIONS(200),
    [sym_dims] = ACTIONS(198),
    [sym_pattern] = ACTIONS(200),
    [sym_number] = ACTIONS(200),
    [sym_string] = ACTIONS(198),
    [sym_comment] = ACTIONS(3),
  },
  [29] = {
    [ts_builtin_sym_end] = ACTIONS(202),
    [sym_name] = ACTIONS(204),
    [anon_sym_COLON] = ACTIONS(202),
    [anon_sym_def] = ACTIONS(204),
    [anon_sym_share] = ACTIONS(204),
    [anon_sym_net] = ACTIONS(204),
    [anon_sym_EQ] = ACTIONS(204),
    [anon_sym_body] = ACTIONS(204),
    [anon_sym_expect] = ACTIONS(204),
    [anon_sym_false] = ACTIONS(204),
    [anon_sym_for] = ACTIONS(204),
    [anon_sym_from] = ACTIONS(204),
    [anon_sym_head] = ACTIONS(204),
    [anon_sym_input] = ACTIONS(204),
    [anon_sym_let] = ACTIONS(204),
    [anon_sym_none] = ACTIONS(204),
    [anon_sym_stem] = ACTIONS(204),
    [anon_sym_training] = ACTIONS(204),
    [anon_sym_true] = ACTIONS(204),
    [anon_sym_use] = ACTIONS(204),
    [anon_sym_COMMA] = ACTIONS(202),
    [anon_sym_SEMI] = ACTIONS(202),
    [anon_sym_DOT] = ACTIONS(204),
    [anon_sym_QMARK] = ACTIONS(204),
    [anon_sym_PIPE] = ACTIONS(202),
    [anon_sym_LPAREN] = ACTIONS(202),
    [anon_sym_LBRACK] = ACTIONS(202),
    [anon_sym_LBRACE] = ACTIONS(202),
    [anon_sym_RBRACE] = ACTIONS(202),
    [anon_sym_if] = ACTIONS(204),
    [anon_sym_else] = ACTIONS(204),
    [anon_sym_in] = ACTIONS(204),
    [anon_sym_and] = ACTIONS(204),
    [anon_sym_or] = ACTIONS(204),
    [anon_sym_not] = ACTIONS(204),
    [anon_sym_BANG_EQ] = ACTIONS(202),
    [anon_sym_STAR_STAR] = ACTIONS(202),
    [anon_sym_DASH_GT] = ACTIONS(202),
    [anon_sym_DOT_DOT] = ACTIONS(202),
    [anon_sym_SLASH_SLASH] = ACTIONS(202),
    [anon_sym_LT_EQ] = ACTIONS(202),
    [anon_sym_EQ_EQ] = ACTIONS(202),
    [anon_sym_EQ_GT] = ACTIONS(202),
    [anon_sym_GT_EQ] = ACTIONS(202),
    [anon_sym_PERCENT] = ACTIONS(202),
    [anon_sym_STAR] = ACTIONS(204),
    [anon_sym_PLUS] = ACTIONS(202),
    [anon_sym_DASH] = ACTIONS(204),
    [anon_sym_SLASH] = ACTIONS(204),
    [anon_sym_LT] = ACTIONS(204),
    [anon_sym_GT] = ACTIONS(204),
    [sym_dims] = ACTIONS(202),
    [sym_pattern] = ACTIONS(204),
    [sym_number] = ACTIONS(204),
    [sym_string] = ACTIONS(202),
    [sym_comment] = ACTIONS(3),
  },
};

static const uint16_t ts_small_parse_table[] = {
  [0] = 2,
    ACTIONS(3), 1,
      sym_comment,
    ACTIONS(206), 1,
      sym_name,
  [7] = 2,
    ACTIONS(3), 1,
      sym_comment,
    ACTIONS(208), 1,
      ts_builtin_sym_end,
};

static const uint32_t ts_small_parse_table_map[] = {
  [SMALL_STATE(30)] = 0,
  [SMALL_STATE(31)] = 7,
};

static const TSParseActionEntry ts_parse_actions[] = {
  [0] = {.entry = {.count = 0, .reusable = false}},
  [1] = {.entry = {.count = 1, .reusable = false}}, RECOVER(),
  [3] = {.entry = {.count = 1, .reusable = true}}, SHIFT_EXTRA(),
  [5] = {.entry = {.count = 1, .reusable = true}}, REDUCE(sym_source_file, 0, 0, 0),
  [7] = {.entry = {.count = 1, .reusable = false}}, SHIFT(11),
  [9] = {.entry = {.count = 1, .reusable = true}}, SHIFT(4),
  [11] = {.entry = {.count = 1, .reusable = false}}, SHIFT(30),
  [13] = {.entry = {.count = 1, .reusable = false}}, SHIFT(4),
  [15] = {.entry = {.count = 1, .reusable = true}}, SHIFT(7),
  [17] = {.entry = {.count = 1, .reusable = true}}, SHIFT(8),
  [19] = {.entry = {.count = 1, .reusable = true}}, SHIFT(3),
  [21] = {.entry = {.count = 1, .reusable = false}}, SHIFT(14),
  [23] = {.entry = {.count = 1, .reusable = true}}, SHIFT(13),
  [25] = {.entry = {.count = 1, .reusable = false}}, SHIFT(13),
  [27] = {.entry = {.count = 1, .reusable = true}}, REDUCE(aux_sym_source_file_repeat1, 2, 0, 0),
  [29] = {.entry = {.count = 2, .reusable = false}}, REDUCE(aux_sym_source_file_repeat1, 2, 0, 0), SHIFT_REPEAT(11),
  [32] = {.entry = {.count = 2, .reusable = true}}, REDUCE(aux_sym_source_file_repeat1, 2, 0, 0), SHIFT_REPEAT(2),
  [35] = {.entry = {.count = 2, .reusable = false}}, REDUCE(aux_sym_source_file_repeat1, 2, 0, 0), SHIFT_REPEAT(30),
  [38] = {.entry = {.count = 2, .reusable = false}}, REDUCE(aux_sym_source_file_repeat1, 2, 0, 0), SHIFT_REPEAT(2),
  [41] = {.entry = {.count = 2, .reusable = true}}, REDUCE(aux_sym_source_file_repeat1, 2, 0, 0), SHIFT_REPEAT(7),
  [44] = {.entry = {.count = 2, .reusable = true}}, REDUCE(aux_sym_source_file_repeat1, 2, 0, 0), SHIFT_REPEAT(8),
  [47] = {.entry = {.count = 2, .reusable = true}}, REDUCE(aux_sym_source_file_repeat1, 2, 0, 0), SHIFT_REPEAT(3),
  [50] = {.entry = {.count = 2, .reusable = false}}, REDUCE(aux_sym_source_file_repeat1, 2, 0, 0), SHIFT_REPEAT(14),
  [53] = {.entry = {.count = 2, .reusable = true}}, REDUCE(aux_sym_source_file_repeat1, 2, 0, 0), SHIFT_REPEAT(13),
  [56] = {.entry = {.count = 2, .reusable = false}}, REDUCE(aux_sym_source_file_repeat1, 2, 0, 0), SHIFT_REPEAT(13),
  [59] = {.entry = {.count = 1, .reusable = true}}, SHIFT(6),
  [61] = {.entry = {.count = 1, .reusable = false}}, SHIFT(6),
  [63] = {.entry = {.count = 1, .reusable = true}}, SHIFT(22),
  [65] = {.entry = {.count = 1, .reusable = true}}, REDUCE(sym_source_file, 1, 0, 0),
  [67] = {.entry = {.count = 1, .reusable = true}}, SHIFT(2),
  [69] = {.entry = {.count = 1, .reusable = false}}, SHIFT(2),
  [71] = {.entry = {.count = 2, .reusable = false}}, REDUCE(aux_sym_group_repeat1, 2, 0, 0), SHIFT_REPEAT(27),
  [74] = {.entry = {.count = 2, .reusable = true}}, REDUCE(aux_sym_group_repeat1, 2, 0, 0), SHIFT_REPEAT(5),
  [77] = {.entry = {.count = 2, .reusable = false}}, REDUCE(aux_sym_group_repeat1, 2, 0, 0), SHIFT_REPEAT(30),
  [80] = {.entry = {.count = 2, .reusable = false}}, REDUCE(aux_sym_group_repeat1, 2, 0, 0), SHIFT_REPEAT(5),
  [83] = {.entry = {.count = 2, .reusable = true}}, REDUCE(aux_sym_group_repeat1, 2, 0, 0), SHIFT_REPEAT(7),
  [86] = {.entry = {.count = 1, .reusable = true}}, REDUCE(aux_sym_group_repeat1, 2, 0, 0),
  [88] = {.entry = {.count = 2, .reusable = true}}, REDUCE(aux_sym_group_repeat1, 2, 0, 0), SHIFT_REPEAT(8),
  [91] = {.entry = {.count = 2, .reusable = true}}, REDUCE(aux_sym_group_repeat1, 2, 0, 0), SHIFT_REPEAT(3),
  [94] = {.entry = {.count = 2, .reusable = false}}, REDUCE(aux_sym_group_repeat1, 2, 0, 0), SHIFT_REPEAT(14),
  [97] = {.entry = {.count = 2, .reusable = true}}, REDUCE(aux_sym_group_repeat1, 2, 0, 0), SHIFT_REPEAT(13),
  [100] = {.entry = {.count = 2, .reusable = false}}, REDUCE(aux_sym_group_repeat1, 2, 0, 0), SHIFT_REPEAT(13),
  [103] = {.entry = {.count = 1, .reusable = true}}, SHIFT(23),
  [105] = {.entry = {.count = 1, .reusable = false}}, SHIFT(27),
  [107] = {.entry = {.count = 1, .reusable = true}}, SHIFT(9),
  [109] = {.entry = {.count = 1, .reusable = false}}, SHIFT(9),
  [111] = {.entry = {.count = 1, .reusable = true}}, SHIFT(15),
  [113] = {.entry = {.count = 1, .reusable = true}}, SHIFT(10),
  [115] = {.entry = {.count = 1, .reusable = false}}, SHIFT(10),
  [117] = {.entry = {.count = 1, .reusable = true}}, SHIFT(17),
  [119] = {.entry = {.count = 1, .reusable = true}}, SHIFT(5),
  [121] = {.entry = {.count = 1, .reusable = false}}, SHIFT(5),
  [123] = {.entry = {.count = 1, .reusable = true}}, SHIFT(20),
  [125] = {.entry = {.count = 1, .reusable = true}}, SHIFT(24),
  [127] = {.entry = {.count = 1, .reusable = true}}, REDUCE(sym__inner, 1, 0, 0),
  [129] = {.entry = {.count = 1, .reusable = false}}, REDUCE(sym__inner, 1, 0, 0),
  [131] = {.entry = {.count = 1, .reusable = true}}, SHIFT(28),
  [133] = {.entry = {.count = 1, .reusable = false}}, SHIFT(19),
  [135] = {.entry = {.count = 1, .reusable = true}}, REDUCE(sym__inner, 2, 0, 0),
  [137] = {.entry = {.count = 1, .reusable = false}}, REDUCE(sym__inner, 2, 0, 0),
  [139] = {.entry = {.count = 1, .reusable = true}}, REDUCE(sym_operator, 1, 0, 0),
  [141] = {.entry = {.count = 1, .reusable = false}}, REDUCE(sym_operator, 1, 0, 0),
  [143] = {.entry = {.count = 1, .reusable = false}}, SHIFT(12),
  [145] = {.entry = {.count = 1, .reusable = true}}, REDUCE(sym_group, 2, 0, 0),
  [147] = {.entry = {.count = 1, .reusable = false}}, REDUCE(sym_group, 2, 0, 0),
  [149] = {.entry = {.count = 1, .reusable = true}}, REDUCE(sym__inner, 2, 0, 1),
  [151] = {.entry = {.count = 1, .reusable = false}}, REDUCE(sym__inner, 2, 0, 1),
  [153] = {.entry = {.count = 1, .reusable = true}}, REDUCE(sym_list, 2, 0, 0),
  [155] = {.entry = {.count = 1, .reusable = false}}, REDUCE(sym_list, 2, 0, 0),
  [157] = {.entry = {.count = 1, .reusable = true}}, REDUCE(sym__inner, 2, 0, 4),
  [159] = {.entry = {.count = 1, .reusable = false}}, REDUCE(sym__inner, 2, 0, 4),
  [161] = {.entry = {.count = 1, .reusable = true}}, REDUCE(sym__inner, 2, 0, 3),
  [163] = {.entry = {.count = 1, .reusable = false}}, REDUCE(sym__inner, 2, 0, 3),
  [165] = {.entry = {.count = 1, .reusable = true}}, REDUCE(sym_group, 3, 0, 0),
  [167] = {.entry = {.count = 1, .reusable = false}}, REDUCE(sym_group, 3, 0, 0),
  [169] = {.entry = {.count = 1, .reusable = true}}, REDUCE(sym__item, 2, 0, 0),
  [171] = {.entry = {.count = 1, .reusable = false}}, REDUCE(sym__item, 2, 0, 0),
  [173] = {.entry = {.count = 1, .reusable = true}}, SHIFT(29),
  [175] = {.entry = {.count = 1, .reusable = true}}, REDUCE(sym_block, 2, 0, 0),
  [177] = {.entry = {.count = 1, .reusable = false}}, REDUCE(sym_block, 2, 0, 0),
  [179] = {.entry = {.count = 1, .reusable = true}}, REDUCE(sym_block, 3, 0, 0),
  [181] = {.entry = {.count = 1, .reusable = false}}, REDUCE(sym_block, 3, 0, 0),
  [183] = {.entry = {.count = 1, .reusable = true}}, REDUCE(sym_list, 3, 0, 0),
  [185] = {.entry = {.count = 1, .reusable = false}}, REDUCE(sym_list, 3, 0, 0),
  [187] = {.entry = {.count = 1, .reusable = true}}, REDUCE(aux_sym__item_repeat1, 2, 0, 0),
  [189] = {.entry = {.count = 1, .reusable = false}}, REDUCE(aux_sym__item_repeat1, 2, 0, 0),
  [191] = {.entry = {.count = 2, .reusable = true}}, REDUCE(aux_sym__item_repeat1, 2, 0, 0), SHIFT_REPEAT(8),
  [194] = {.entry = {.count = 1, .reusable = true}}, REDUCE(sym__inner, 3, 0, 5),
  [196] = {.entry = {.count = 1, .reusable = false}}, REDUCE(sym__inner, 3, 0, 5),
  [198] = {.entry = {.count = 1, .reusable = true}}, REDUCE(sym__item, 2, 0, 2),
  [200] = {.entry = {.count = 1, .reusable = false}}, REDUCE(sym__item, 2, 0, 2),
  [202] = {.entry = {.count = 1, .reusable = true}}, REDUCE(sym__item, 3, 0, 2),
  [204] = {.entry = {.count = 1, .reusable = false}}, REDUCE(sym__item, 3, 0, 2),
  [206] = {.entry = {.count = 1, .reusable = true}}, SHIFT(16),
  [208] = {.entry = {.count = 1, .reusable = true}},  ACCEPT_INPUT(),
};

#ifdef __cplusplus
extern "C" {
#endif
#ifdef TREE_SITTER_HIDE_SYMBOLS
#define TS_PUBLIC
#elif defined(_WIN32)
#define TS_PUBLIC __declspec(dllexport)
#else
#define TS_PUBLIC __attribute__((visibility("default")))
#endif

TS_PUBLIC const TSLanguage *tree_sitter_cnn(void) {
  static const TSLanguage language = {
    .version = LANGUAGE_VERSION,
    .symbol_count = SYMBOL_COUNT,
    .alias_count = ALIAS_COUNT,
    .token_count = TOKEN_COUNT,
    .external_token_count = EXTERNAL_TOKEN_COUNT,
    .state_count = STATE_COUNT,
    .large_state_count = LARGE_STATE_COUNT,
    .production_id_count = PRODUCTION_ID_COUNT,
    .field_count = FIELD_COUNT,
    .max_alias_sequence_length = MAX_ALIAS_SEQUENCE_LENGTH,
    .parse_table = &ts_parse_table[0][0],
    .small_parse_table = ts_small_parse_table,
    .small_parse_table_map = ts_small_parse_table_map,
    .parse_actions = ts_parse_actions,
    .symbol_names = ts_symbol_names,
    .symbol_metadata = ts_symbol_metadata,
    .public_symbol_map = ts_symbol_map,
    .alias_map = ts_non_terminal_alias_map,
    .alias_sequences = &ts_alias_sequences[0][0],
    .lex_modes = ts_lex_modes,
    .lex_fn = ts_lex,
    .keyword_lex_fn = ts_lex_keywords,
    .keyword_capture_token = sym_name,
    .primary_state_ids = ts_primary_state_ids,
  };
  return &language;
}
#ifdef __cplusplus
}
#endif
