"""Events and values of metrics told from outside, one a line: read, judged by what is declared, typed."""
