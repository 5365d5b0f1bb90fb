package config_test

// ownFile is what Go makes of any file's access list that lets it be written.
const ownFile = 0o666
