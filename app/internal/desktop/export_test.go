package desktop

// Environment is environment.
var Environment = environment
