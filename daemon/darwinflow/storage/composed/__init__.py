"""A tenant's store whose logs, figures and events lie in different back ends."""
