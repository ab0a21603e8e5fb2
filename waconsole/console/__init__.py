"""The screen shell: it collects panes, keys and commands, it does not decide."""
