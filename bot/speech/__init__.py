"""Everything people see in Slack: the words, and the cards, modals and notices that are made of them."""
