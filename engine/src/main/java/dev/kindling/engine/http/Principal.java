package dev.kindling.engine.http;

/** Who asks: the name of a token and what it allows. */
record Principal(String name, Role role) {}
