"""The map of the whole site: every address, and who may use it (accounts.audiences)."""

urlpatterns = []
