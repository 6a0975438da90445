package main

import "ptreview/rules/check"

func setRunner(*check.Request) {}
