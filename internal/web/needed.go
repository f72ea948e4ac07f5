package web

import (
	"html/template"
	"text/template/parse"
)

// complete copies into a page's set the shared templates that it calls, and
// those that they call, unless the page defines its own. The sets of some
// hundred pages stay in memory, and the garbage collector looks through them
// as often as a password is hashed; whole copies made it three times as slow.
func complete(set, shared *template.Template) error {
	for _, t := range set.Templates() {
		if err := completeTree(set, shared, t.Tree); err != nil {
			return err
		}
	}
	return nil
}

func completeTree(set, shared *template.Template, tree *parse.Tree) error {
	if tree == nil || tree.Root == nil {
		return nil
	}
	for _, name := range called(tree.Root) {
		if t := set.Lookup(name); t != nil && t.Tree != nil {
			continue
		}
		from := shared.Lookup(name)
		if from == nil || from.Tree == nil {
			continue // told of when the page is first made
		}
		// A copy: escaping changes the tree.
		t, err := set.AddParseTree(name, from.Tree.Copy())
		if err != nil {
			return err
		}
		if err := completeTree(set, shared, t.Tree); err != nil {
			return err
		}
	}
	return nil
}

// called lists the templates that a tree calls by name.
func called(list *parse.ListNode) (names []string) {
	if list == nil {
		return nil
	}
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.TemplateNode:
			names = append(names, n.Name)
		case *parse.IfNode:
			names = append(append(names, called(n.List)...), called(n.ElseList)...)
		case *parse.RangeNode:
			names = append(append(names, called(n.List)...), called(n.ElseList)...)
		case *parse.WithNode:
			names = append(append(names, called(n.List)...), called(n.ElseList)...)
		}
	}
	return names
}
