namespace Akka.Event;

/// <summary>Publishes events to those who subscribed to their classifier.</summary>
public abstract class EventBus<TEvent, TClassifier, TSubscriber>
{
    public virtual bool Subscribe(TSubscriber subscriber, TClassifier classifier) => AddSubscriber(subscriber, classifier);

    public virtual bool Unsubscribe(TSubscriber subscriber, TClassifier classifier) => RemoveSubscriber(subscriber, classifier);

    public virtual bool Unsubscribe(TSubscriber subscriber) => RemoveSubscriber(subscriber);

    public virtual void Publish(TEvent @event) => Deliver(@event);

    private protected abstract bool AddSubscriber(TSubscriber subscriber, TClassifier classifier);

    private protected abstract bool RemoveSubscriber(TSubscriber subscriber, TClassifier classifier);

    private protected abstract bool RemoveSubscriber(TSubscriber subscriber);

    private protected abstract void Deliver(TEvent @event);
}
