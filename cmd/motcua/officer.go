package main

type officerCmd struct{}
