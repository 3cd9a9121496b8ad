"""What the editor is helped with: completion, marks on mistakes, brackets, layout."""
