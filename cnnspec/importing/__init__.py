"""From a net that exists to a spec that one would have written. Read in this order:

traced        what an importer finds: layers with their inputs, the modules they stand in, their weights
windows       the windows of frameworks in the words of the language
torch_trace   a torch module as that, by torch.fx on the meta device
torch_reader  its graph node by node, with the weights
torch_scopes  the modules around a layer, without those that a form of the language is written as
torch_layers   which layer a module is
torch_functions, torch_windows, torch_groups, torch_norm_functions   which layer a function or a method is
torch_written, torch_norms   classes that `compile` writes, by their code; norms, by what they compute
onnx_model    an ONNX file as that, from the data that backends/onnx reads
onnx_reader   its graph from the outputs to the inputs, with the weights
onnx_graph, onnx_names   what makes and reads a value, constants; names of nodes as modules
onnx_templates, onnx_patterns, onnx_standardized   layers of several operations, by what the backend writes
onnx_spellings  the same as other writers spell them
onnx_layouts  values with their channels last, as the same with their channels first
onnx_rules, onnx_windows, onnx_norms, onnx_copies   which layer one operation is
schedules     rates of stochastic depth that grow from block to block, by a formula
tidied        several operations that are one layer of the language
shares        which modules are called several times with one set of weights
arrange       the layers of one module as statements: chains, joins with arms, residuals, labels
regions       the tree of modules, each arranged; what has one way in and one way out becomes a block
shortcuts     which sums are `residual`, which concatenations are turns of `dense`
lines         calls as lines, equal ones as repeats
structures    which modules are one def
words         names for blocks, and labels for values
columns       the arguments in a def, and words for what they differ in
definitions   equal blocks as one def, whose parameters are what they differ in
text          the spec, laid out, and held against the net that it was made of
"""
