def page_source(graph, options):
    raise NotImplementedError
