using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Objects;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>
/// "Fix iopt_access_list_id overwrite bug" taken back: an access has one number in the list of its IOAS. A replace writes that of the new
/// list over it before it takes the access off the old one, by that number: another's, who is not asked to let go any more.
/// </summary>
internal sealed class B28 : MailMutant
{
    private readonly Dictionary<IActorRef, Dictionary<int, IActorRef>> _lists = [];
    private readonly Dictionary<IActorRef, int> _numberOf = [];

    public override string Name => "B28";

    public override string Summary => "a replace takes another access off the list of the old IOAS";

    public override string Scenario => "replace-access";

    protected override object? Change(IActorRef recipient, object message, IActorRef? sender)
    {
        switch (message)
        {
            case JoinAccess join:
                Add(recipient, join.Access.Actor);
                return message;
            case AccessLeft left when ListOf(recipient).Remove(_numberOf[left.Access], out var removed):
                return new AccessLeft(removed);
            case AccessLeft:
                // Nobody has that number. The access is off all the same, as far as its reference goes.
                return Release.Dependant;
            default:
                return message;
        }
    }

    private void Add(IActorRef ioas, IActorRef access)
    {
        var (list, number) = (ListOf(ioas), 0);
        while (list.ContainsKey(number)) number++;
        list[number] = access;
        _numberOf[access] = number;
    }

    private Dictionary<int, IActorRef> ListOf(IActorRef ioas)
    {
        if (!_lists.TryGetValue(ioas, out var list)) _lists[ioas] = list = [];
        return list;
    }
}
