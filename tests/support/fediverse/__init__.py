"""The server that the tests post to: the sandbox, with faults and the oddities of real servers."""
