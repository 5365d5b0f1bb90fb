package desktop

// Environment is environment.
var Environment = environment

// Examined is examined.
var Examined = examined
