"""The map of the whole site."""
urlpatterns = []
