/**
 * dln for tree-sitter. The rules follow `grammar/dln.lalrpop`; `src/scanner.c` keeps the newline rule.
 *
 * Words that are keywords in one place and names in others (`log`, `step`, `save` ..) are told apart by what may stand there:
 * a word is a keyword only in a state that expects it, and `_name` takes it back where a name may stand too.
 */

/// <reference types="tree-sitter-cli/dsl" />
// @ts-check

const PREC = {
  pipe: 1,
  compose: 2,
  stage: 3,
  or: 4,
  and: 5,
  not: 6,
  compare: 7,
  claim: 8,
  range: 9,
  sum: 10,
  product: 11,
  minus: 12,
  power: 13,
  postfix: 14,
};

const comma1 = (rule) => seq(rule, repeat(seq(',', rule)));
const comma = (rule) => optional(seq(comma1(rule), optional(',')));
const lines = ($, rule) => optional(seq(repeat(';'), rule, repeat(seq($._end, rule)), optional($._end)));

module.exports = grammar({
  name: 'dln',

  word: ($) => $.identifier,
  extras: ($) => [/\s/, $.comment],
  externals: ($) => [$._newline, $._error_sentinel],
  supertypes: ($) => [$._item, $._statement, $._expression, $._type],
  inline: ($) => [$._element, $._index, $._stage],

  rules: {
    source_file: ($) => lines($, $._item),

    _end: ($) => choice($._newline, prec.right(repeat1(';'))),
    comment: () => token(/#[^\r\n]*/),

    // Items ------------------------------------------------------------------------------------------------------------

    _item: ($) => choice(
      $.use,
      $.hyper,
      $.let,
      $.function,
      $.layer,
      $.optimizer,
      prec(1, $.train),
      $.test,
      $.call_item,
    ),

    use: ($) => seq(
      'use',
      field('module', choice($.module, $.string)),
      optional(choice(seq(':', comma1($.imported)), seq('as', field('alias', $.identifier)))),
    ),
    module: ($) => seq($.identifier, repeat(seq('.', $.identifier))),
    imported: ($) => seq(field('name', $.identifier), optional(seq('as', field('alias', $.identifier)))),

    hyper: ($) => seq(
      'hyper',
      field('name', $.identifier),
      optional(seq(':', field('type', $._type))),
      '=',
      field('value', $._expression),
      optional(seq('in', field('domain', $._expression))),
    ),

    let: ($) => seq(
      'let',
      $._let_names,
      optional(seq(':', field('type', $._type))),
      '=',
      field('value', $._expression),
    ),
    _let_names: ($) => choice(comma1(field('name', $.identifier)), seq('(', comma(field('name', $.identifier)), ')')),

    function: ($) => seq('fn', $._function),
    _function: ($) => seq(
      field('name', $._name),
      optional(field('sizes', $.sizes)),
      field('parameters', $.parameters),
      optional(seq('->', field('result', $._type))),
      optional($.where),
      field('body', choice(seq('=', $._expression), $.block)),
    ),

    sizes: ($) => seq('[', comma($.size), optional(seq('->', comma($.size))), ']'),
    size: ($) => seq(field('name', $.identifier), optional(seq('=', field('value', $._expression)))),
    parameters: ($) => seq('(', comma($.parameter), ')'),
    parameter: ($) => seq(
      field('name', $._name),
      optional(seq(':', field('type', $._type))),
      optional(seq('=', field('value', $._expression))),
    ),
    where: ($) => prec.right(seq('where', comma1($._expression))),

    layer: ($) => seq(
      'layer',
      field('name', $.identifier),
      optional(field('sizes', $.sizes)),
      optional(field('settings', $.parameters)),
      optional($.where),
      field('body', $.layer_body),
    ),
    layer_body: ($) => seq('{', lines($, $._member), '}'),
    _member: ($) => choice($.store, $.field_definition, $.method),
    store: ($) => seq(
      choice('param', 'buffer'),
      field('name', $._name),
      ':',
      field('type', $._type),
      '=',
      field('value', $._expression),
      optional(seq('if', field('condition', $._expression))),
    ),
    field_definition: ($) => seq(comma1(field('name', $._name)), '=', field('value', $._expression)),
    method: ($) => $._function,

    optimizer: ($) => seq(
      'optimizer',
      field('name', $.identifier),
      optional(field('settings', $.parameters)),
      optional($.where),
      field('body', $.optimizer_body),
    ),
    optimizer_body: ($) => seq('{', lines($, choice($.state, $.method)), '}'),
    state: ($) => seq('state', comma1($.binding)),
    binding: ($) => seq(field('name', $._name), '=', field('value', $._expression)),

    test: ($) => seq('test', field('name', $.string), field('body', $.block)),
    call_item: ($) => $._operand,

    // Training ---------------------------------------------------------------------------------------------------------

    train: ($) => seq('train', optional(field('name', $.identifier)), field('body', $.train_body)),
    train_body: ($) => seq('{', lines($, $._train_item), '}'),
    _train_item: ($) => choice($.setting, $.step, $.validate, $.every, $.save_best, $.stop),
    setting: ($) => seq(field('name', $._name), '=', field('value', $._expression)),
    step: ($) => seq('step', optional(field('name', $.identifier)), field('rows', $.names), field('body', $.block)),
    names: ($) => seq('(', comma($.identifier), ')'),
    // The names of a row are read as the arguments of a call, as in the parser of dln.
    validate: ($) => seq('validate', field('data', $._expression), field('body', $.block)),
    every: ($) => seq('every', $._operand, $.unit, field('body', $.block)),
    unit: () => choice('epoch', 'epochs', 'step', 'steps'),
    save_best: ($) => seq('save', $.direction, $.metric, 'to', field('path', $._expression)),
    stop: ($) => seq('stop', 'after', $._operand, $.unit, 'without', $.direction, $.metric),
    direction: () => choice('best', 'highest', 'lowest', 'better', 'higher', 'lower'),
    metric: ($) => seq(choice($.identifier, alias(choice('train', 'test'), $.identifier)), '.', $.identifier),

    // Statements -------------------------------------------------------------------------------------------------------

    block: ($) => seq('{', lines($, $._statement), '}'),

    _statement: ($) => choice(
      $.assignment,
      $.update,
      $.minimize_statement,
      $.log_statement,
      $.yield_statement,
      $.assert_statement,
      $.save_statement,
      $.for_statement,
      $._expression,
    ),

    assignment: ($) => choice(
      seq(comma1(field('name', $._name)), '=', field('value', $._expression)),
      seq(field('name', $._name), ':', field('type', $._type), '=', field('value', $._expression)),
      seq(field('found', $.list), comma1(field('name', $._name)), '=', field('value', $._expression)),
    ),
    update: ($) => seq(field('target', $._expression), '<-', field('value', $._expression)),
    minimize_statement: ($) => seq('minimize', field('loss', $._expression), 'over', comma1($.group)),
    group: ($) => seq(field('over', $._expression), 'with', field('optimizer', $._expression)),
    log_statement: ($) => seq('log', choice(comma1($.labelled), seq('..', $._operand))),
    yield_statement: ($) => seq('yield', $._expression),
    assert_statement: ($) => seq('assert', $._expression, optional(seq(',', $._expression))),
    save_statement: ($) => seq('save', $._expression, 'to', field('path', $._expression)),
    for_statement: ($) => seq('for', $._let_names, 'in', field('list', $._expression), field('body', $.block)),

    // Expressions ------------------------------------------------------------------------------------------------------

    _expression: ($) => choice($._operand, $.lambda),

    lambda: ($) => seq($._lambda_parameters, field('body', $._expression)),
    _lambda_parameters: ($) => choice('||', seq('|', comma($.parameter), '|')),
    _stage: ($) => choice($._operand, alias($.stage_lambda, $.lambda)),
    // Behind `>>` and `|>` the body of a lambda ends with the stage.
    stage_lambda: ($) => prec(PREC.stage, seq($._lambda_parameters, field('body', $._stage))),

    _operand: ($) => choice(
      $.pipe,
      $.composition,
      $.binary,
      $.unary,
      $.claim,
      $.range,
      $.call,
      $.index,
      $.member,
      $.pattern,
      $._primary,
    ),

    pipe: ($) => prec.left(PREC.pipe, seq($._operand, '|>', $._stage)),
    composition: ($) => prec.left(PREC.compose, seq($._operand, '>>', $._stage)),
    claim: ($) => prec.left(PREC.claim, seq($._operand, ':>', field('type', $._shape_type))),
    range: ($) => prec.left(PREC.range, seq($._operand, choice('..', '..='), $._operand)),
    unary: ($) => choice(
      prec(PREC.not, seq('not', $._operand)),
      prec(PREC.minus, seq('-', $._operand)),
    ),
    binary: ($) => {
      const infix = (assoc, level, operator) =>
        assoc(level, seq(field('left', $._operand), field('operator', operator), field('right', $._operand)));
      return choice(
        infix(prec.left, PREC.or, 'or'),
        infix(prec.left, PREC.and, 'and'),
        infix(prec.left, PREC.compare, choice('==', '!=', '<', '<=', '>', '>=')),
        infix(prec.left, PREC.sum, choice('+', '-')),
        infix(prec.left, PREC.product, choice('*', '/', '//', '%', '@')),
        infix(prec.right, PREC.power, '**'),
      );
    },

    call: ($) => prec(PREC.postfix, seq(field('function', $._operand), field('arguments', $.arguments))),
    arguments: ($) => seq('(', comma(choice($._expression, $.labelled)), ')'),
    labelled: ($) => seq(field('name', $._label), ':', field('value', $._expression)),
    index: ($) => prec(PREC.postfix, seq(
      field('base', $._operand),
      '[',
      comma($._index),
      optional(seq('->', comma($._index))),
      ']',
    )),
    _index: ($) => choice($._expression, $.binding, $.rest, $.spread, $.slice),
    rest: () => '..',
    slice: ($) => seq(
      optional($._expression), ':', optional($._expression), optional(seq(':', optional($._expression))),
    ),
    spread: ($) => seq('..', $._operand),
    member: ($) => prec(PREC.postfix, seq(field('value', $._operand), '.', field('name', $.identifier))),

    pattern: ($) => prec(PREC.postfix, seq(
      $._operand,
      '.[',
      optional(comma1($.terms)),
      '->',
      optional($.terms),
      optional(seq('|', field('reduction', $.identifier))),
      ']',
    )),
    terms: ($) => repeat1(choice(alias($.identifier, $.axis), $.integer, $.rest, $.axes)),
    axes: ($) => seq('(', optional($.terms), ')'),

    _primary: ($) => choice(
      $._name,
      alias('where', $.identifier),
      $.integer,
      $.float,
      $.string,
      $.boolean,
      $.hole,
      $.block,
      $.if,
      $.scan,
      $.repeat,
      $.while,
      $.each,
      $.train,
      $.tuple,
      $.group_expression,
      $.record,
      $.list,
      $.comprehension,
    ),

    boolean: () => choice('true', 'false'),
    hole: () => '_',
    tuple: ($) => choice(seq('(', ')'), seq('(', $._expression, ',', comma($._expression), ')')),
    group_expression: ($) => seq('(', $._expression, ')'),
    record: ($) => seq('(', comma1($.labelled), optional(','), ')'),
    list: ($) => seq('[', comma($._element), ']'),
    _element: ($) => choice($._expression, $.spread),
    comprehension: ($) => seq('[', $._expression, repeat1($.clause), ']'),
    clause: ($) => seq(
      'for', $._let_names, 'in', field('list', $._expression), optional(seq('if', field('condition', $._expression))),
    ),

    if: ($) => prec.right(seq(
      'if',
      field('condition', $._expression),
      field('then', $.block),
      optional(seq('else', field('else', choice($.block, $.if)))),
    )),
    scan: ($) => seq(
      'scan',
      comma1(field('name', $.identifier)),
      'in',
      comma1($._operand),
      'over',
      field('over', $._operand),
      optional('backward'),
      optional($.carries),
      field('body', $.block),
    ),
    repeat: ($) => seq(
      'repeat', optional(seq(field('name', $.identifier), 'in')), field('count', $._operand), $.carries, field('body', $.block),
    ),
    while: ($) => seq(
      'while',
      field('condition', $._operand),
      optional(seq('max', optional(seq(field('name', $.identifier), 'in')), field('bound', $._operand))),
      optional($.carries),
      field('body', $.block),
    ),
    each: ($) => seq('each', field('list', $._operand), 'as', field('name', $.identifier), field('body', $.block)),
    carries: ($) => seq('with', '(', comma($.binding), ')'),

    // Types ------------------------------------------------------------------------------------------------------------

    _type: ($) => choice($._shape_type, alias($.identifier, $.type_name)),
    _shape_type: ($) => choice($.tensor_type, $.layer_type, $.tuple_type, $.record_type),
    tensor_type: ($) => prec.right(choice(
      $.dims,
      seq(field('element', alias($.identifier, $.type_name)), $.dims),
      seq(field('element', alias($.identifier, $.type_name)), '<', field('bound', $._bound), '>', optional($.dims)),
    )),
    // `>` closes the bound: a comparison in it stands in parentheses.
    _bound: ($) => choice($.integer, $.identifier, $.group_expression, alias($.bound_sum, $.binary)),
    bound_sum: ($) => prec.left(seq($._bound, choice('+', '-', '*', '/', '//', '%', '**'), $._bound)),
    layer_type: ($) => seq(alias($.identifier, $.type_name), '[', comma($._dim), '->', comma($._dim), ']'),
    tuple_type: ($) => seq('(', comma($._type), ')'),
    record_type: ($) => seq('(', comma1($.type_entry), optional(','), ')'),
    type_entry: ($) => seq(field('name', $._label), ':', field('type', $._type)),
    dims: ($) => seq('[', comma($._dim), ']'),
    _dim: ($) => choice($._expression, $.dim_rest),
    dim_rest: ($) => prec(1, seq('..', optional($.identifier))),

    // Words ------------------------------------------------------------------------------------------------------------

    identifier: () => /[\p{XID_Start}_]\p{XID_Continue}*/,
    // Words that begin a statement or a part of a training, where they are names.
    _name: ($) => prec(-1, choice(
      $.identifier,
      alias(choice('minimize', 'log', 'save', 'assert', 'state', 'step', 'validate', 'every', 'stop'), $.identifier),
    )),
    // Words that begin an expression, in front of `:`.
    _label: ($) => choice($._name, alias(choice('train', 'scan', 'repeat', 'while', 'each', 'where'), $.identifier)),

    integer: () => /[0-9][0-9_]*/,
    float: () => /[0-9][0-9_]*\.[0-9][0-9_]*([eE][+-]?[0-9][0-9_]*)?|[0-9][0-9_]*[eE][+-]?[0-9][0-9_]*/,
    string: ($) => seq(
      '"',
      repeat(choice($.escape, $.interpolation, token.immediate(prec(1, /[^"\\\r\n{]+|\{/)))),
      token.immediate('"'),
    ),
    escape: () => token.immediate(/\\[^\r\n]/),
    interpolation: () => token.immediate(prec(2, /\{[\p{XID_Start}_]\p{XID_Continue}*\}/)),
  },
});
