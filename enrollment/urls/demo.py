"""The demonstration's people, their one-tap sign-in and the letters they got. 404 where DEMO is off."""

from django.urls import path

from accounts import views as accounts
from enrollment.views import demo, gallery

urlpatterns = [
    path("demo/", demo.demo_people, name="demo_people"),
    path("demo/sign-in/<slug:key>/", demo.demo_sign_in, name="demo_sign_in"),
    path("demo/inbox/", accounts.demo_inbox, name="demo_inbox"),
    path("demo/inbox/<str:name>/", accounts.demo_letter, name="demo_letter"),
    path("demo/inbox/<str:name>/html/", accounts.demo_letter_html, name="demo_letter_html"),
    path("gallery/", gallery.gallery, name="gallery"),
]
