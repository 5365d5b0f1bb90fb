package nickname

// Confusables is the look-alike table, for the test that goes through all of it.
var Confusables = confusables

// UnicodeMajor and ConfusablesVersion are what Version stands for.
const (
	UnicodeMajor       = unicodeMajor
	ConfusablesVersion = confusablesVersion
)
