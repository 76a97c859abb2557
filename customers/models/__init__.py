from customers.models.catalog import Plan, Tax, Zone
from customers.models.equipment import Equipment
from customers.models.people import Contact, Customer
from customers.models.services import Hold, Service

__all__ = ["Contact", "Customer", "Equipment", "Hold", "Plan", "Service", "Tax", "Zone"]
