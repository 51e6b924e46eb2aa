"""The one place where threads, signals and core meet. QtCore, QtGui and friends; no widgets."""
