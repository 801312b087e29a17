"""What families send and get. The fields of an answer are those that the family's pages show, and no more."""

from rest_framework import serializers

from accounts.problems import ProblemSerializer
from courses.api.serializers import RunSerializer
from enrollment.models import EnrollmentState, OfferState

LARGEST_ID = 2**63 - 1  # of a BigAutoField
LARGEST_FAMILY = 10


class SubmissionInputSerializer(serializers.Serializer):
    run = serializers.IntegerField(min_value=1, max_value=LARGEST_ID, help_text="Id of the group.")
    learners = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID), min_length=1, max_length=LARGEST_FAMILY,
        help_text="Ids of the learners, in the order in which seats are given.",
    )  # fmt: skip
    together = serializers.BooleanField(
        default=False, help_text="All get a seat or all wait; otherwise seats are given while they last."
    )


class TrialInputSerializer(serializers.Serializer):
    run = serializers.IntegerField(min_value=1, max_value=LARGEST_ID, help_text="Id of the group.")
    learner = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    lesson = serializers.IntegerField(min_value=1, max_value=LARGEST_ID, help_text="One of the group's next three.")


class TransferInputSerializer(serializers.Serializer):
    run = serializers.IntegerField(min_value=1, max_value=LARGEST_ID, help_text="Id of the other group.")


class OfferSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    state = serializers.ChoiceField(OfferState.choices)
    offered_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(help_text="The last instant to answer.")


class EnrollmentSerializer(serializers.Serializer):
    """Reads `queue_number`, `open_offer` and `asked_until`, which enrollment.api.reads adds."""

    id = serializers.IntegerField()
    learner = serializers.IntegerField(
        source="learner_id", allow_null=True, help_text="Null for a booking by head count."
    )
    seats = serializers.IntegerField()
    state = serializers.ChoiceField(EnrollmentState.choices)
    received_at = serializers.DateTimeField(help_text="The second that decides the turn.")
    queue_number = serializers.IntegerField(allow_null=True, help_text="1 is next; null for who does not wait.")
    undo_until = serializers.DateTimeField(
        source="releases_at", allow_null=True, help_text="Until then a place given back can be taken back."
    )
    trial_lesson = serializers.IntegerField(
        source="trial_lesson_id", allow_null=True, help_text="The lesson that is or was tried."
    )
    decide_by = serializers.DateTimeField(
        source="trial_ends_at",
        allow_null=True,
        help_text="Until then the family says whether it keeps a trial's place.",
    )
    answer_by = serializers.DateTimeField(
        source="asked_until",
        allow_null=True,
        help_text="Until then to say that one still comes; null when nothing is asked.",
    )
    replaces = serializers.IntegerField(
        source="replaces_id", allow_null=True, help_text="The place that this one is or was instead of."
    )
    offer = OfferSerializer(source="open_offer", allow_null=True, help_text="A freed place that waits for an answer.")
    run = RunSerializer()


class SubmissionSerializer(serializers.Serializer):
    key = serializers.UUIDField()
    reference = serializers.CharField(help_text="What people quote on the phone: 26-04817.")
    received_at = serializers.DateTimeField()
    together = serializers.BooleanField(source="is_together")
    enrollments = EnrollmentSerializer(many=True, source="shown_enrollments")


class ReceiptSerializer(serializers.Serializer):
    key = serializers.UUIDField()
    received_at = serializers.DateTimeField()
    status_url = serializers.URLField(help_text="Where the answer will be.")


class ReceivedSerializer(ReceiptSerializer):
    """Very many apply at once, or a draw decides: it was received in this second, and keeps its turn."""

    code = serializers.ChoiceField([("received", "received")])
    applications = ReceiptSerializer(many=True, help_text="All that were received; the first one is told above.")


class LearnerSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    is_myself = serializers.BooleanField(help_text="The signed-in person's own.")
    enrollments = EnrollmentSerializer(many=True, source="shown_enrollments", help_text="Those that have not ended.")


class FamilySerializer(serializers.Serializer):
    learners = LearnerSerializer(many=True)
    bookings = EnrollmentSerializer(many=True, help_text="By head count, not yet over.")


class LearnerRefusalSerializer(serializers.Serializer):
    learner = serializers.IntegerField(source="learner.pk", default=None, allow_null=True)
    code = serializers.CharField(help_text="The reason, for programs.")
    title = serializers.CharField(help_text="The answer in a few words.")
    detail = serializers.CharField(help_text="Why, and what to do next.")


class RefusalSerializer(ProblemSerializer):
    """Nothing was changed: `refusals` has a reason for each learner who may not."""

    refusals = LearnerRefusalSerializer(many=True)
