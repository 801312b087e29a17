from .learner import Guardianship, Learner, Residency
from .role import Role, RoleGrant
from .school import School, TeacherProfile
from .user import User

__all__ = ["Guardianship", "Learner", "Residency", "Role", "RoleGrant", "School", "TeacherProfile", "User"]
