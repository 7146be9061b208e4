; Made by docs/generate.py from the tokens of the language: change them there.

["def" "share" "net" "use" "let" "from" "training"] @keyword
["for" "in" "if" "else" "expect"] @keyword.control
["and" "or" "not"] @keyword.operator
["input" "stem" "body" "head"] @keyword
["true" "false" "none"] @constant.builtin
(definition) @type
(label) @label
(argument) @property
(comment) @comment
(operator) @operator
["log" "of" "space" "step" "vary" "where"] @keyword.control
["=" "|"] @operator
(string) @string
[(number) (dims) (pattern)] @number
([(name) (callee)] @function.builtin (#match? @function.builtin "^(relu|relu6|square|leaky_relu|prelu|elu|selu|gelu|silu|mish|hardswish|hardsigmoid|softplus|softsign|sigmoid|tanh|softmax|log_softmax|reduce|eca|attention|pad|crop|slice|channel_shuffle|pixel_shuffle|pixel_unshuffle|upsample|resize|reshape|zero_channels|subsample|conv|dwconv|tconv|linear|flatten|dropout|droppath|identity|scale|layerscale|affine|parameter|concat|add|mul|sub|div|matmul|maximum|batchnorm|layernorm|instancenorm|groupnorm|lrn|rmsnorm|grn|frn|evonorm_s0|maxpool|avgpool|lppool|blurpool|max_unpool|gap|gmp|adaptive_avgpool|adaptive_maxpool|tokens|untokens|permute|residual|dense)$"))
((callee) @function (#match? @function "^(min|max|abs|round|ceil|floor|int|sqrt|log|exp|len|sum|range|reversed|zip|enumerate|sorted|unique|round_to|make_divisible|split)$"))
((name) @variable (#not-match? @variable "^(relu|relu6|square|leaky_relu|prelu|elu|selu|gelu|silu|mish|hardswish|hardsigmoid|softplus|softsign|sigmoid|tanh|softmax|log_softmax|reduce|eca|attention|pad|crop|slice|channel_shuffle|pixel_shuffle|pixel_unshuffle|upsample|resize|reshape|zero_channels|subsample|conv|dwconv|tconv|linear|flatten|dropout|droppath|identity|scale|layerscale|affine|parameter|concat|add|mul|sub|div|matmul|maximum|batchnorm|layernorm|instancenorm|groupnorm|lrn|rmsnorm|grn|frn|evonorm_s0|maxpool|avgpool|lppool|blurpool|max_unpool|gap|gmp|adaptive_avgpool|adaptive_maxpool|tokens|untokens|permute|residual|dense)$"))
((callee) @variable (#not-match? @variable "^(min|max|abs|round|ceil|floor|int|sqrt|log|exp|len|sum|range|reversed|zip|enumerate|sorted|unique|round_to|make_divisible|split|relu|relu6|square|leaky_relu|prelu|elu|selu|gelu|silu|mish|hardswish|hardsigmoid|softplus|softsign|sigmoid|tanh|softmax|log_softmax|reduce|eca|attention|pad|crop|slice|channel_shuffle|pixel_shuffle|pixel_unshuffle|upsample|resize|reshape|zero_channels|subsample|conv|dwconv|tconv|linear|flatten|dropout|droppath|identity|scale|layerscale|affine|parameter|concat|add|mul|sub|div|matmul|maximum|batchnorm|layernorm|instancenorm|groupnorm|lrn|rmsnorm|grn|frn|evonorm_s0|maxpool|avgpool|lppool|blurpool|max_unpool|gap|gmp|adaptive_avgpool|adaptive_maxpool|tokens|untokens|permute|residual|dense)$"))
