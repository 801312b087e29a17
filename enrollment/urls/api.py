"""/api/v1/: the catalogue for anybody, a family's own things for who is signed in."""

from django.urls import path

from accounts.audiences import Audience, for_all
from courses.api import views as catalogue
from enrollment.api import applications, changes, schema, views as family

public = [
    path("", schema.Root.as_view(), name="root"),
    path("schema/", schema.Schema.as_view(), name="schema"),
    path("docs/", schema.Docs.as_view(), name="docs"),
    path("programs/", catalogue.Programs.as_view(), name="programs"),
    path("courses/", catalogue.Courses.as_view(), name="courses"),
    path("courses/<slug:slug>/", catalogue.CourseDetail.as_view(), name="course"),
    path("runs/", catalogue.Runs.as_view(), name="runs"),
    path("runs/<int:pk>/", catalogue.RunDetail.as_view(), name="run"),
]

signed_in = [
    path("my/family/", family.Family.as_view(), name="family"),
    path("enrollments/", family.Enrollments.as_view(), name="enrollments"),
    path("enrollments/<int:pk>/", family.EnrollmentDetail.as_view(), name="enrollment"),
    path("enrollments/<int:pk>/withdraw/", family.Withdraw.as_view(), name="withdraw"),
    path("enrollments/<int:pk>/undo/", family.Undo.as_view(), name="undo"),
    path("enrollments/<int:pk>/keep/", changes.Keep.as_view(), name="keep"),
    path("enrollments/<int:pk>/still-coming/", changes.StillComing.as_view(), name="still_coming"),
    path("enrollments/<int:pk>/transfer/", changes.Transfer.as_view(), name="transfer"),
    path("trials/", changes.Trials.as_view(), name="trials"),
    path("applications/", applications.Applications.as_view(), name="applications"),
    path("applications/<uuid:key>/", applications.ApplicationDetail.as_view(), name="application"),
    path("applications/<uuid:key>/send/", applications.SendApplication.as_view(), name="send_application"),
    path("applications/<uuid:key>/drop/", applications.DropApplication.as_view(), name="drop_application"),
    path("offers/<int:pk>/accept/", family.AcceptOffer.as_view(), name="accept_offer"),
    path("offers/<int:pk>/decline/", family.DeclineOffer.as_view(), name="decline_offer"),
]

urlpatterns = for_all(Audience.PUBLIC, public) + for_all(Audience.SIGNED_IN, signed_in)
