from django.urls import path

from accounts.jobs import views

app_name = "jobs"

urlpatterns = [
    path("staff/jobs/", views.job_list, name="list"),
    path("jobs/<uuid:job_id>/", views.detail, name="detail"),
    path("jobs/<uuid:job_id>/progress/", views.progress, name="progress"),
    path("jobs/<uuid:job_id>/cancel/", views.cancel, name="cancel"),
    path("jobs/<uuid:job_id>/retry/", views.retry, name="retry"),
]
